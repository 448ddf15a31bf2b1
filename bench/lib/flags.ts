import { parseArgs } from 'node:util'
import { parseNames } from './names.ts'

/** A number that a flag sets. */
interface Figure {
  usual: number
  /** With `--quick`; by default the usual one. */
  quick?: number
  least: number
}

export interface BenchFlags<Kind extends string, Name extends string> {
  /** A shorter run, whose figures are rougher. */
  quick: boolean
  /** The kinds that are asked for. */
  only: Set<Kind>
  /** Where the run is to be written as a page. */
  page: string | undefined
  /** By the name of the flag. */
  figures: Record<Name, number>
}

/**
 * The flags that benches share (`--quick --only LIST --page FILE --json`) and those with a number. Null, and said, where a number is none
 * or too small; throws where a flag or a kind is not known.
 */
export function benchFlags<Kind extends string, Name extends string>(
  kinds: readonly Kind[],
  figures: Readonly<Record<Name, Figure>>,
): BenchFlags<Kind, Name> | null {
  const numbers = Object.fromEntries(Object.keys(figures).map((name) => [name, { type: 'string' } as const]))
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean' },
      only: { type: 'string' },
      page: { type: 'string' },
      ...numbers,
    },
  })
  const { quick, only, page, ...given } = values as { quick: boolean; only?: string; page?: string }
  const typed = given as Partial<Record<string, string>>
  const found = {} as Record<Name, number>
  for (const name of Object.keys(figures) as Name[]) {
    const { usual, quick: short = usual, least } = figures[name]
    const value = Number(typed[name] ?? (quick ? short : usual))
    if (!Number.isSafeInteger(value) || value < least) {
      console.error(`--${name} must be a whole number from ${least.toLocaleString('en')} on.`)
      return null
    }
    found[name] = value
  }
  return { quick, page, only: parseNames(only, kinds), figures: found }
}
