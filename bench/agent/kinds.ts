import { parseNames } from '../lib/names.ts'

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
  return parseNames(list, kinds)
}
