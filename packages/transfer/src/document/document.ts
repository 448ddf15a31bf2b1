import { offsetHeader, sourceHeader, writeOffsetText } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'
import type { Bulk } from '../sink/bulk.ts'
import { maxEscapedBytes, writeJsonText } from './escape.ts'
import { type Defaults, foreignOrigin, type Origin } from './origin.ts'
import type { OriginCache } from './origin-cache.ts'
import { replayedId } from './replayed-id.ts'
import { isMoment, TimestampText, timestampLength } from './timestamp.ts'
import type { RecordWriter, Written } from './writer.ts'

const sourceName = Buffer.from(sourceHeader)
const offsetName = Buffer.from(offsetHeader)

/** What stands between `_id` and the origin's fields; the three timestamps are written over the dots. */
const dots = '.'.repeat(timestampLength)
const stampHead = '"}}\n{"@timestamp":"'
const stampMiddle = '","event":{"created":"'
const stampTail = '","ingested":"'
const timestampAt = stampHead.length
const createdAt = timestampAt + timestampLength + stampMiddle.length
const ingestedAt = createdAt + timestampLength + stampTail.length

const messageHead = Buffer.from('},"message":"')
const tail = Buffer.from('"}\n')
/** More than what a document has beside origin and message: id, stamp, offset, brackets. */
const overheadBytes = 512

/**
 * Writes records of one partition as ECS documents into bulks: bytes to bytes, no object and no string a document. One owner.
 *
 *   {"create":{"_index":"…","_id":"<source id><offset text>"}}
 *   {"@timestamp":"…","event":{"created":"…","ingested":"…","dataset":…},…,"log":{…,"offset":123},"message":"…"}
 */
export class DocumentWriter implements RecordWriter {
  readonly #topic: string
  readonly #origins: OriginCache
  readonly #foreign: Origin
  /** Bytes of an id that stand in the action of the foreign origin already. */
  readonly #foreignIdFront: number
  readonly #stamp = Buffer.from(stampHead + dots + stampMiddle + dots + stampTail + dots, 'latin1')
  readonly #recordTime = new TimestampText()
  readonly #bulkTime = new TimestampText()
  #stampMs = Number.NaN
  #stampIngestedMs = Number.NaN

  constructor(topic: string, partition: number, origins: OriginCache, defaults: Defaults) {
    this.#topic = topic
    this.#origins = origins
    this.#foreign = foreignOrigin(topic, partition, defaults)
    this.#foreignIdFront = `${topic}-${partition}-`.length
  }

  write(cursor: RecordCursor, bulk: Bulk): Written {
    if (cursor.valueStart < 0) return 'tombstone'
    const { buffer } = cursor
    let origin: Origin | null = null
    let offset = -1
    if (cursor.findHeader(sourceName) && cursor.headerValueStart >= 0) {
      origin = this.#origins.find(this.#topic, buffer, cursor.headerValueStart, cursor.headerValueEnd)
      if (origin !== null && cursor.findHeader(offsetName)) {
        offset = parseOffset(buffer, cursor.headerValueStart, cursor.headerValueEnd)
      }
    }
    const own = origin !== null && offset >= 0
    const chosen = own ? (origin as Origin) : this.#foreign
    const bytes = (cursor.valueEnd - cursor.valueStart) * maxEscapedBytes
    if (!bulk.reserve(bytes + chosen.action.length + chosen.fields.length + overheadBytes)) return 'full'

    const out = bulk.body
    let at = bulk.byteLength
    at += chosen.action.copy(out, at)
    if (own) at = writeOffsetText(out, at, offset)
    else at = this.#writeForeignId(cursor, out, at)
    at += this.#stampFor(cursor.timestampMs, bulk.ingestedMs).copy(out, at)
    at += chosen.fields.copy(out, at)
    if (own) {
      // The header's own digits: they were just found to be a plain decimal number.
      at += buffer.copy(out, at, cursor.headerValueStart, cursor.headerValueEnd)
      at += messageHead.copy(out, at)
    }
    at = writeJsonText(out, at, buffer, cursor.valueStart, cursor.valueEnd)
    at += tail.copy(out, at)
    bulk.add(at, cursor.offset)
    return own ? 'own' : 'foreign'
  }

  /** Completes the id; the action before it has its front already. One that a replayed record brings along stands in its place. */
  #writeForeignId(cursor: RecordCursor, out: Buffer, at: number): number {
    const id = replayedId(cursor, this.#topic)
    if (id === null) return at + out.write(`${cursor.offset}-${cursor.timestampMs}`, at, 'latin1')
    const front = at - this.#foreignIdFront
    return front + out.write(id, front, 'latin1')
  }

  #stampFor(timestampMs: number, ingestedMs: number): Buffer {
    const stamp = this.#stamp
    if (ingestedMs !== this.#stampIngestedMs) {
      this.#stampIngestedMs = ingestedMs
      this.#bulkTime.set(ingestedMs)
      this.#bulkTime.bytes.copy(stamp, ingestedAt)
    }
    const ms = isMoment(timestampMs) ? timestampMs : ingestedMs
    if (ms !== this.#stampMs) {
      this.#stampMs = ms
      this.#recordTime.set(ms)
      this.#recordTime.bytes.copy(stamp, timestampAt)
      this.#recordTime.bytes.copy(stamp, createdAt)
    }
    return stamp
  }
}

/** The value of a plain decimal number ≤ 2⁵³−1 without leading zeros; −1 where the bytes are anything else. */
function parseOffset(buffer: Buffer, start: number, end: number): number {
  const length = end - start
  if (start < 0 || length < 1 || length > 16 || (length > 1 && buffer[start] === 0x30)) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (buffer[i] as number) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1
}
