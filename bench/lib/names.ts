import { LogpipeError } from '@logpipe/runtime'

/** Those of `known` that a comma-separated list names; all where there is none. Throws a sentence where a name is none of them. */
export function parseNames<T extends string>(list: string | undefined, known: readonly T[]): Set<T> {
  if (list === undefined) return new Set(known)
  return new Set(
    list.split(',').map((name) => {
      const found = known.find((other) => other === name)
      if (found !== undefined) return found
      throw new LogpipeError(
        'settings_invalid',
        `--only does not know '${name}'; name some of ${known.join(', ')}, with commas between them.`,
      )
    }),
  )
}
