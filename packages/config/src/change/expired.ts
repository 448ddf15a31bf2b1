import type { PastChange } from './audit.ts'

/** The audit keys of changes from before `beforeMs`. The last change of a key that still stands is kept: it says how it came to be as it is. */
export function expiredRecords(
  records: readonly { auditKey: string; change: PastChange }[],
  beforeMs: number,
): string[] {
  const last = new Map(records.map(({ auditKey, change }) => [change.key, { auditKey, change }]))
  return records.flatMap(({ auditKey, change }) => {
    const newest = last.get(change.key)
    const isKept = newest?.auditKey === auditKey && newest.change.to !== null
    return isKept || Date.parse(change.at) >= beforeMs ? [] : [auditKey]
  })
}
