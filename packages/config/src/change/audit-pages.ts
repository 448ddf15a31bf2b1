import { keysOf } from '../keys.ts'
import type { ConfigStore } from '../store.ts'
import { parseAudit, type PastChange } from './audit.ts'

/** A change that is written down, and the key that says so. */
export interface AuditedChange {
  auditKey: string
  change: PastChange
}

/** Records of one page; with both values kept one may have half a megabyte, most have some hundred bytes. */
const firstKeys = 16
const mostKeys = 1_000
const pageBytes = 1_048_576

/**
 * What is written down, page by page, so that no more than some megabytes of it are held at once: in the order of the audit keys, which is that of the
 * writers' clocks. `from`: only what was written from this time on, by those clocks; `before`: only what was before that. Audit keys that are no such
 * thing are passed by. Rejects as the store does.
 */
export async function* auditPages(
  store: ConfigStore,
  prefix: string,
  { fromMs = 0, beforeMs = Infinity }: { fromMs?: number; beforeMs?: number } = {},
): AsyncGenerator<AuditedChange[]> {
  const folder = keysOf(prefix, 'audit')
  let from = `${folder}${placeOf(fromMs)}`
  const end = Number.isFinite(beforeMs) ? `${folder}${placeOf(beforeMs)}` : null
  for (let limit = firstKeys; ;) {
    const { items } = await store.list(folder, { from, limit })
    const wanted = end === null ? items : items.filter(({ key }) => key < end)
    yield wanted.flatMap(({ key: auditKey, value, modRevision }) => {
      const record = parseAudit(value)
      return record === null ? [] : [{ auditKey, change: { ...record, revision: record.revision ?? modRevision } }]
    })
    const last = items.at(-1)
    if (last === undefined || items.length < limit || wanted.length < items.length) return
    from = `${last.key}\0`
    // By characters: twice or three times as many bytes do no harm.
    const each = items.reduce((sum, { value }) => sum + value.length, 0) / items.length
    limit = Math.max(1, Math.min(mostKeys, limit * 4, Math.floor(pageBytes / Math.max(1, each))))
  }
}

/** Ids begin with milliseconds of 13 digits until the year 2286. */
function placeOf(ms: number): string {
  return String(Math.max(0, Math.floor(ms))).padStart(13, '0')
}
