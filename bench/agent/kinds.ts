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
