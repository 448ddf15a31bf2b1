import type { Kind } from './kinds.ts'
import type { Summary } from './summary.ts'

/** A figure that something is asked of. */
export interface Bar {
  readonly kind: Kind
  readonly what: string
  readonly read: (summary: Summary) => number | null
  /** `≥` or `≤` this. */
  readonly sign: '≥' | '≤'
  readonly limit: number
}

/** What the project asks of logagent on any machine: ratios within one run, and costs at rest. */
export const bars: readonly Bar[] = [
  { kind: 'plain', what: "lines/s ÷ kcat's", read: ({ plain }) => plain.vsKcat, sign: '≥', limit: 0.95 },
  { kind: 'plain', what: "CPU per line ÷ kcat's", read: ({ plain }) => plain.cpuVsKcat, sign: '≤', limit: 0.8 },
  { kind: 'plain', what: "lines/s ÷ rsyslog's", read: ({ plain }) => plain.vsRsyslog, sign: '≥', limit: 4 },
  { kind: 'zstd', what: "lines/s ÷ kcat's, both zstd", read: ({ zstd }) => zstd.vsKcat, sign: '≥', limit: 0.95 },
  { kind: 'multiline', what: 'lines/s ÷ plain', read: ({ multiline }) => multiline.vsPlain, sign: '≥', limit: 0.4 },
  { kind: 'regex', what: 'lines/s ÷ plain', read: ({ regex }) => regex.vsPlain, sign: '≥', limit: 0.3 },
  { kind: 'gbk', what: 'lines/s ÷ plain', read: ({ gbk }) => gbk.vsPlain, sign: '≥', limit: 0.25 },
  { kind: 'files100', what: 'lines/s ÷ plain', read: ({ files100 }) => files100.vsPlain, sign: '≥', limit: 1 },
  { kind: 'quiet10k', what: '% of a core', read: ({ quiet10k }) => quiet10k.corePercent, sign: '≤', limit: 2 },
  { kind: 'quiet10k', what: 'MiB of memory', read: ({ quiet10k }) => quiet10k.rssMiB, sign: '≤', limit: 200 },
  {
    kind: 'registry100k',
    what: 'ms to load',
    read: ({ registry100k }) => registry100k.loadMs,
    sign: '≤',
    limit: 1_000,
  },
  // An object a line is 16 bytes at least.
  {
    kind: 'heap',
    what: 'bytes a line, loop over lines',
    read: ({ more }) => more.heapLoopBytesPerLine,
    sign: '≤',
    limit: 10,
  },
  {
    kind: 'heap',
    what: 'bytes a line, largest function',
    read: ({ more }) => more.heapLargestSiteBytesPerLine,
    sign: '≤',
    limit: 10,
  },
]

/** Whether the summary clears the bar; null where the figure was not measured. */
export function isCleared({ read, sign, limit }: Bar, summary: Summary): boolean | null {
  const value = read(summary)
  if (value === null) return null
  return sign === '≥' ? value >= limit : value <= limit
}

/** The rows of a table of all figures that were measured, with a heading. */
export function barRows(summary: Summary): (string | number)[][] {
  const rows = bars.flatMap((bar): (string | number)[][] => {
    const value = bar.read(summary)
    if (value === null) return []
    return [[bar.kind, bar.what, value, `${bar.sign} ${bar.limit}`, isCleared(bar, summary) === true ? 'yes' : 'NO']]
  })
  return [['kind', 'figure', 'measured', 'asked', 'met'], ...rows]
}
