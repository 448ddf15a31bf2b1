import type { ConfigStore, Fence } from '../store.ts'
import { auditPages } from './audit-pages.ts'
import type { LastChange } from './last-changes.ts'

export interface Expiry {
  store: ConfigStore
  prefix: string
  /** The last change of each key. */
  last: ReadonlyMap<string, LastChange>
  /** What was written before is too old. */
  beforeMs: number
  fence: Fence
}

/**
 * Deletes what is written down of changes from before `beforeMs`, and resolves to how many that were. The last change of a key that still stands is kept: it
 * says how it came to be as it is. Rejects with `etcd_conflict` where the fence does not hold.
 */
export async function deleteExpired(
  { store, prefix, last, beforeMs, fence }: Expiry,
  signal: AbortSignal,
): Promise<number> {
  let count = 0
  for await (const page of auditPages(store, prefix, { beforeMs })) {
    for (const { auditKey, change } of page) {
      if (signal.aborted) return count
      const newest = last.get(change.key)
      if (newest?.auditKey === auditKey && newest.to !== null) continue
      await store.delete(auditKey, { fence })
      count++
    }
  }
  return count
}
