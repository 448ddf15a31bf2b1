import type { Bulk } from '../sink/bulk.ts'
import type { Outcome } from '../sink/sink.ts'

/**
 * Settles all items of a bulk but those that `outcome` names for retry or as rejected; their bytes leave the budget.
 * `onRun` is called for each segment of which at least one item was settled, with the timestamp of its first record.
 */
export function settleAccepted(bulk: Bulk, outcome: Outcome, onRun: (firstTimestampMs: number) => void): void {
  const unsettled = [...outcome.retry, ...outcome.rejected.map(({ item }) => item)].sort((a, b) => a - b)
  let next = 0
  for (const [index, { segment, first }] of bulk.runs.entries()) {
    const end = first + bulk.runLength(index)
    if (end === first) continue
    let items = end - first
    let bytes = bulk.endOf(end - 1) - bulk.startOf(first)
    for (let item = unsettled[next]; item !== undefined && item < end; item = unsettled[++next]) {
      items--
      bytes -= bulk.endOf(item) - bulk.startOf(item)
    }
    if (items === 0) continue
    segment.owner.documentBytes.give(bytes)
    segment.settle(items)
    if (segment.firstTimestampMs >= 0) onRun(segment.firstTimestampMs)
  }
}

/** Those of `items` (ascending) whose partition is still ours, grouped by segment, in order. */
export function groupBySegment<T extends { item: number }>(
  bulk: Bulk,
  items: readonly T[],
): { segment: Bulk['runs'][number]['segment']; items: T[] }[] {
  const groups: ReturnType<typeof groupBySegment<T>> = []
  let next = 0
  for (const [index, { segment, first }] of bulk.runs.entries()) {
    const end = first + bulk.runLength(index)
    const from = next
    while (next < items.length && (items[next] as T).item < end) next++
    if (next > from && !segment.owner.isForgotten) groups.push({ segment, items: items.slice(from, next) })
  }
  return groups
}
