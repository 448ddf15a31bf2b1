import { partitionKey } from '@logpipe/kafka'
import type { PartitionLag } from './group-lag.ts'

/** Records a second. */
export interface Rates {
  /** Written to it. */
  in: number
  /** Read by the group, as it commits. */
  out: number
}

/** How far the group is in a topic, or in one of its partitions. */
export interface LagRow {
  topic: string
  /** Absent where the row is of all partitions. */
  partition?: number
  partitions: number
  records: number
  committed?: number | null
  end?: number
  lag: number
  /** Absent where there was one look only. */
  rates?: Rates
  /** Seconds until all is read, at this pace; null: never. */
  seconds?: number | null
}

/** A row for each partition that the group reads; with rates where there was an earlier look, `elapsedMs` ago. */
export function partitionRows(
  now: readonly PartitionLag[],
  earlier: readonly PartitionLag[] | null,
  elapsedMs: number,
): LagRow[] {
  const before = new Map(earlier?.map((one) => [partitionKey(one.topic, one.partition), one]))
  return now.flatMap((one): LagRow[] => {
    const { topic, partition, first, end, committed, lag } = one
    if (lag === null) return []
    const row = { topic, partition, partitions: 1, records: end - first, committed, end, lag }
    const past = before.get(partitionKey(topic, partition))
    if (past === undefined) return [row]
    const perSecond = (records: number): number => Math.max(0, (records * 1_000) / elapsedMs)
    const read = (committed ?? first) - (past.committed ?? past.first)
    return [paced(row, { in: perSecond(end - past.end), out: perSecond(read) })]
  })
}

/** The rows of partitions put together by topic. */
export function topicRows(rows: readonly LagRow[]): LagRow[] {
  return [...Map.groupBy(rows, ({ topic }) => topic)].map(([topic, own]) => {
    const sum = (of: (row: LagRow) => number): number => own.reduce((total, row) => total + of(row), 0)
    const row = { topic, partitions: own.length, records: sum(({ records }) => records), lag: sum(({ lag }) => lag) }
    if (own.some(({ rates }) => rates === undefined)) return row
    return paced(row, { in: sum(({ rates }) => rates?.in ?? 0), out: sum(({ rates }) => rates?.out ?? 0) })
  })
}

function paced(row: LagRow, rates: Rates): LagRow {
  const closing = rates.out - rates.in
  const seconds = row.lag === 0 ? 0 : closing > 0 ? row.lag / closing : null
  return { ...row, rates, seconds }
}
