/**
 * The Kafka record (DESIGN §3): value = the line's bytes; header `source` = JSON, the same bytes for all lines of one open
 * file; header `offset` = the line's byte offset in its file, decimal. And the document id made from both.
 */

export const sourceHeader = 'source'
export const offsetHeader = 'offset'
/** Present (value `1`) on lines that may have been sent before a crash: the transfer looks them up by id first. */
export const resentHeader = 'resent'

/** Where a line comes from. Rides on every record, so it is kept near 110 bytes; optional keys only where set. */
export interface Source {
  /** 96 random bits, 16 characters of base64url; drawn when a file, or a new generation of it, is first seen. */
  id: string
  host: string
  ip: string
  path: string
  /** Id of the collection entry that matched. */
  entry: string
  pipeline?: string
  dataset?: string
  namespace?: string
  fields?: Record<string, string>
  tags?: string[]
}

/** Characters of a source id. */
export const sourceIdLength = 16
/** Characters of the offset part of a document id: 64⁹ = 2⁵⁴ > 2⁵³. */
export const offsetTextLength = 9
export const documentIdLength = sourceIdLength + offsetTextLength

/** 64 characters in ascending byte order, so that ids of one file sort as its offsets do. */
const alphabet = Buffer.from('-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz', 'latin1')

/** Writes `offset` (0 ≤ offset ≤ 2⁵³−1) as 9 order-preserving ASCII bytes into `out` at `at`; returns the position after them. */
export function writeOffsetText(out: Uint8Array, at: number, offset: number): number {
  let high = Math.floor(offset / 2 ** 30)
  let low = offset % 2 ** 30
  for (let i = at + 8; i > at + 3; i--) {
    out[i] = alphabet[low & 63] as number
    low >>>= 6
  }
  for (let i = at + 3; i >= at; i--) {
    out[i] = alphabet[high & 63] as number
    high >>>= 6
  }
  return at + offsetTextLength
}

/** The `_id` of the document made from the line at `offset` of the source: same line, same id, whoever sends it again. */
export function documentId(sourceId: string, offset: number): string {
  const text = Buffer.allocUnsafe(offsetTextLength)
  writeOffsetText(text, 0, offset)
  return sourceId + text.toString('latin1')
}

/** Whether `id` is a source id as we draw them: any other length could make ids of different lines meet. */
export function isSourceId(id: unknown): id is string {
  return typeof id === 'string' && id.length === sourceIdLength && /^[A-Za-z0-9_-]+$/.test(id)
}

/** The number that an `offset` header holds: a plain decimal ≤ 2⁵³−1 without leading zeros; null where it is anything else. */
export function parseOffsetText(text: string): number | null {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return null
  const offset = Number(text)
  return Number.isSafeInteger(offset) ? offset : null
}

/** The `_id` of an agent's record, from its two headers; null where they are not both ours: then it is a foreign record. */
export function ownDocumentId(source: string | null, offset: string | null): string | null {
  const at = offset === null ? null : parseOffsetText(offset)
  if (source === null || at === null) return null
  try {
    const parsed = JSON.parse(source) as { id?: unknown } | null
    return isSourceId(parsed?.id) && !Array.isArray(parsed) ? documentId(parsed.id, at) : null
  } catch {
    return null
  }
}

/** The `_id` of a record of another producer. The time tells records of a topic that was deleted and made again from the old ones. */
export function foreignDocumentId(topic: string, partition: number, offset: number, timestampMs: number): string {
  return `${topic}-${partition}-${offset}-${timestampMs}`
}

/** Whether `id` is one that a foreign record of `topic` can have: a replayed record may carry no other. */
export function isForeignDocumentId(id: string, topic: string): boolean {
  return (
    id.length <= maxForeignIdLength && id.startsWith(`${topic}-`) && /^\d+-\d+--?\d+$/.test(id.slice(topic.length + 1))
  )
}

/** A topic's name, three numbers and the dashes between them. */
const maxForeignIdLength = 249 + 3 * 17 + 3
