import { median, rounded } from '../lib/report.ts'
import { type Results, type Summary, contestants } from './summary.ts'

type Rows = (string | number)[][]

/** What is asked of logtransfer on any machine: ratios within one run, and the speed of decoding. */
const bars: readonly { kind: string; what: string; read: (summary: Summary) => number | null; asked?: string }[] = [
  { kind: 'plain', what: 'documents/s ÷ bulk limit', read: ({ plain }) => plain.vsBulkLimit, asked: '≥ 0.95' },
  { kind: 'plain', what: 'CPU ÷ bare loop, JSON.stringify', read: ({ plain }) => plain.cpuVsBareLoop, asked: '≤ 0.9' },
  { kind: 'plain', what: "documents/s ÷ rsyslog's", read: ({ plain }) => plain.vsRsyslog, asked: '≥ 1' },
  {
    kind: 'plain',
    what: "documents/s ÷ rsyslog's with our mapping",
    read: ({ more }) => more.vsRsyslogWithOurMapping,
  },
  { kind: 'nginx', what: 'CPU ÷ plain', read: ({ nginx }) => nginx.cpuVsPlain, asked: '≤ 2.5' },
  { kind: 'decode', what: 'records/s', read: ({ decode }) => decode.recordsPerSec, asked: '≥ 1500000' },
  { kind: 'twoInstances', what: 'documents/s ÷ one', read: ({ twoInstances }) => twoInstances.speedup, asked: '≥ 2' },
]

/** All figures that were measured beside what is asked, with a heading. */
export function barRows(summary: Summary): Rows {
  const rows = bars.flatMap(({ kind, what, read, asked }): Rows => {
    const value = read(summary)
    if (value === null) return []
    return [
      asked === undefined
        ? [kind, what, value, '', '']
        : [kind, what, value, asked, isCleared(value, asked) ? 'yes' : 'NO'],
    ]
  })
  return [['kind', 'figure', 'measured', 'asked', 'met'], ...rows]
}

function isCleared(value: number, asked: string): boolean {
  const [sign, limit] = asked.split(' ')
  return sign === '≥' ? value >= Number(limit) : value <= Number(limit)
}

/** What each contestant reached: medians, and each round's documents a second. */
export function contestantRows({ rounds }: Results): Rows {
  const rows = contestants.flatMap((name): Rows => {
    const all = rounds[name] ?? []
    if (all.length === 0) return []
    return [
      [
        name,
        rounded(median(all.map(({ docsPerSec }) => docsPerSec))),
        rounded(median(all.map(({ cpuPerMillion }) => cpuPerMillion))),
        all.map(({ docsPerSec }) => (docsPerSec / 1_000).toFixed(1)).join(', '),
      ],
    ]
  })
  return [['contestant', 'documents/s', 'CPU-s per million', 'thousand documents/s by round'], ...rows]
}
