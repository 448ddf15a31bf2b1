import { LogpipeError } from '@logpipe/runtime'

/** What `--only` can name; also the keys of the JSON line, but for `heap`. */
export const kinds = [
  'plain',
  'zstd',
  'multiline',
  'regex',
  'gbk',
  'files100',
  'quiet10k',
  'registry100k',
  'heap',
] as const
export type Kind = (typeof kinds)[number]

/** The kinds that a comma-separated list names; all where there is none. Throws a sentence where a name is none of them. */
export function parseKinds(list: string | undefined): Set<Kind> {
  if (list === undefined) return new Set(kinds)
  const names = list.split(',')
  for (const name of names) {
    if (!(kinds as readonly string[]).includes(name)) {
      throw new LogpipeError(
        'settings_invalid',
        `--only does not know '${name}'; name some of ${kinds.join(', ')}, with commas between them.`,
      )
    }
  }
  return new Set(names as Kind[])
}
