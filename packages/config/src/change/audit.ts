import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { buildKey, type StoreKey } from '../keys.ts'

/** A value above this, as it stands in JSON, is kept as a hash: key, before and after must fit into one write of 1.5 MiB. */
const maxKeptBytes = 262_144
const maxNoteLength = 1_000

/** A value that was too large to be kept. */
const HashedValue = z.object({ sha256: z.string().max(64), bytes: z.int().min(0) })

/** What stood at a key before somebody looked. */
const UnknownValue = z.object({ unknown: z.literal(true) })

/** A value before or after a change: its text, null where the key was not there, a hash, or that nobody knows. */
const KeptValue = z.union([z.string(), z.null(), HashedValue, UnknownValue])
export type KeptValue = z.output<typeof KeptValue>

/** The value of `audit/<ms>-<random>`: who changed what. Its mod revision is that of the change, or it says which one was. */
const AuditRecord = z.object({
  key: z.string().max(2_000).describe('The key that was changed.'),
  from: KeptValue,
  to: KeptValue,
  by: z.string().max(500),
  at: z.iso.datetime(),
  note: z.string().max(maxNoteLength).default(''),
  revision: z.int().min(1).exactOptional().describe('Of the change, where it was written down afterwards.'),
})
export type AuditRecord = z.output<typeof AuditRecord>

/** One change of a key. */
export interface PastChange extends AuditRecord {
  /** The revision that it made. */
  revision: number
}

/** A change that is to be written down. */
export interface NewRecord extends Author {
  key: string
  from: KeptValue
  to: KeptValue
  /** When it was made, or seen, by our clock. */
  atMs: number
  /** The revision that it made; absent where it is written in the very transaction of the change. */
  revision?: number
}

/** Where a change is to be written down, and what. */
export function auditItem(
  prefix: string,
  { key, from, to, by, atMs, note, revision }: NewRecord,
): { key: string; value: string } {
  const id: StoreKey = { kind: 'audit', id: `${atMs}-${randomBytes(8).toString('hex')}` }
  const record: AuditRecord = {
    key,
    from: kept(from),
    to: kept(to),
    by: by.slice(0, 500),
    at: new Date(atMs).toISOString(),
    note: note.slice(0, maxNoteLength),
    ...(revision !== undefined && { revision }),
  }
  return { key: buildKey(prefix, id), value: JSON.stringify(record) }
}

/** Who makes a change, and why. */
export interface Author {
  by: string
  /** At most 1,000 characters; what is longer is cut. */
  note: string
}

/** Whether it is this value that was kept, or its hash. */
export function isKeptOf(kept: KeptValue, value: string): boolean {
  if (typeof kept === 'string' || kept === null) return kept === value
  return 'sha256' in kept && kept.sha256 === sha256(value)
}

/** A record from its text; null where it is none. */
export function parseAudit(text: string): AuditRecord | null {
  try {
    return AuditRecord.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function kept(value: KeptValue): KeptValue {
  if (typeof value !== 'string' || Buffer.byteLength(JSON.stringify(value)) <= maxKeptBytes) return value
  return hashed(value)
}

/** What tells a value from others, without it. */
export function hashed(value: string): z.output<typeof HashedValue> {
  return { sha256: sha256(value), bytes: Buffer.byteLength(value) }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
