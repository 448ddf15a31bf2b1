import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { buildKey, keysOf, type StoreKey } from '../keys.ts'
import type { ConfigStore } from '../store.ts'

/** A value above this, as it stands in JSON, is kept as a hash: key, before and after must fit into one write of 1.5 MiB. */
const maxKeptBytes = 262_144
const maxNoteLength = 1_000

/** A value that was too large to be kept. */
const HashedValue = z.object({ sha256: z.string().max(64), bytes: z.int().min(0) })

/** A value before or after a change: its text, null where the key was not there, or a hash. */
const KeptValue = z.union([z.string(), z.null(), HashedValue])
export type KeptValue = z.output<typeof KeptValue>

/** The value of `audit/<ms>-<random>`: who changed what. Its mod revision is that of the change. */
const AuditRecord = z.object({
  key: z.string().max(2_000).describe('The key that was changed.'),
  from: KeptValue,
  to: KeptValue,
  by: z.string().max(500),
  at: z.iso.datetime(),
  note: z.string().max(maxNoteLength).default(''),
})
export type AuditRecord = z.output<typeof AuditRecord>

/** One change of a key. */
export interface PastChange extends AuditRecord {
  /** The revision that it made. */
  revision: number
}

/** Where a change that is made at `atMs` is to be written down, and what. */
export function auditItem(
  prefix: string,
  {
    key,
    from,
    to,
    by,
    atMs,
    note,
  }: { key: string; from: string | null; to: string | null } & Author & { atMs: number },
): { key: string; value: string } {
  const id: StoreKey = { kind: 'audit', id: `${atMs}-${randomBytes(8).toString('hex')}` }
  const record: AuditRecord = {
    key,
    from: kept(from),
    to: kept(to),
    by: by.slice(0, 500),
    at: new Date(atMs).toISOString(),
    note: note.slice(0, maxNoteLength),
  }
  return { key: buildKey(prefix, id), value: JSON.stringify(record) }
}

/** Who makes a change, and why. */
export interface Author {
  by: string
  /** At most 1,000 characters; what is longer is cut. */
  note: string
}

/** What was changed at `key`, oldest first, by revision. Audit keys that are no such thing are passed by. Reads all of `audit/`. */
export async function historyOf(store: ConfigStore, prefix: string, key: string): Promise<PastChange[]> {
  const { items } = await store.list(keysOf(prefix, 'audit'))
  const changes = items.flatMap(({ value, modRevision }) => {
    const record = parseAudit(value)
    return record === null || record.key !== key ? [] : [{ ...record, revision: modRevision }]
  })
  return changes.toSorted((a, b) => a.revision - b.revision)
}

function parseAudit(text: string): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function kept(value: string | null): KeptValue {
  if (value === null || Buffer.byteLength(JSON.stringify(value)) <= maxKeptBytes) return value
  return { sha256: createHash('sha256').update(value).digest('hex'), bytes: Buffer.byteLength(value) }
}
