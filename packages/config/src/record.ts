/**
 * The Kafka record (DESIGN §3): value = the line's bytes; header `source` = JSON, the same bytes for all lines of one open
 * file within an epoch; header `offset` = the line's byte offset in its file, decimal. And the document id made from both.
 */

export const sourceHeader = 'source'
export const offsetHeader = 'offset'
/** Present (value `1`) on lines that may have been sent before a crash: the transfer looks them up by id first. */
export const resentHeader = 'resent'

/** Where a line comes from. Rides on every record, so it is kept near 110 bytes; optional keys only where set. */
export interface Source {
  /**
   * What all its lines' document ids begin with for now: an epoch (`epochText`) and the source id, 96 random bits, 16 characters of base64url, drawn when a
   * file, or a new generation of it, is first seen. Without an epoch: of an agent older than those.
   */
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
/** Characters of the epoch in front of it: 64⁵ s = 34 years. */
export const epochLength = 5
/** Characters of the offset part of a document id: 64⁹ = 2⁵⁴ > 2⁵³. */
export const offsetTextLength = 9
/** Of an epoch. Short, so that what Elasticsearch has to look into for an id is what it wrote in the last few of them (docs/adr/0008). */
export const epochMs = 1_000
const firstEpochMs = Date.UTC(2020)
const maxEpoch = 64 ** epochLength - 1

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

/** The epoch of a time, counted from 1970; the first or the last one where the clock is outside of all. */
export function epochAt(timeMs: number): number {
  return Math.min(maxEpoch, Math.max(1, Math.floor((timeMs - firstEpochMs) / epochMs)))
}

/** An epoch as 5 characters that sort as epochs do; nothing for 0, which is none. */
export function epochText(epoch: number): string {
  if (epoch === 0) return ''
  const text = Buffer.allocUnsafe(epochLength)
  for (let i = epochLength - 1, rest = epoch; i >= 0; i--, rest = Math.floor(rest / 64))
    text[i] = alphabet[rest % 64] as number
  return text.toString('latin1')
}

/**
 * The `_id` of the document made from the line at `offset`: same line, same id, whoever sends it again. `front`: the `id` of its `source` header.
 */
export function documentId(front: string, offset: number): string {
  const text = Buffer.allocUnsafe(offsetTextLength)
  writeOffsetText(text, 0, offset)
  return front + text.toString('latin1')
}

const ofAlphabet = /^[A-Za-z0-9_-]+$/

/** Whether `id` is a source id as we draw them: any other length could make ids of different lines meet. */
export function isSourceId(id: unknown): id is string {
  return typeof id === 'string' && id.length === sourceIdLength && ofAlphabet.test(id)
}

/** Whether `id` is what a `source` header of ours has: a source id, mostly with an epoch before it. */
export function isIdFront(id: unknown): id is string {
  if (typeof id !== 'string' || !ofAlphabet.test(id)) return false
  return id.length === sourceIdLength || id.length === epochLength + sourceIdLength
}

/** The source id in the `_id` of an agent's document; null where `documentId` did not make that. */
export function sourceIdOf(documentId: string): string | null {
  const front = documentId.slice(0, -offsetTextLength)
  return isIdFront(front) && ofAlphabet.test(documentId) ? front.slice(-sourceIdLength) : null
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
    return isIdFront(parsed?.id) && !Array.isArray(parsed) ? documentId(parsed.id, at) : null
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
