import { isUtf8 } from 'node:buffer'
import { sourceHeader } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'
import type { OriginCache } from '../../document/origin-cache.ts'
import { isMoment } from '../../document/timestamp.ts'
import type { RecordWriter, Written } from '../../document/writer.ts'
import type { Bulk } from '../bulk.ts'
import { pointOfJson, type Tag } from './json-point.ts'
import { LineScanner } from './line-scanner.ts'
import { type Precision, timeText } from './numbers.ts'

const sourceName = Buffer.from(sourceHeader)
const brace = 0x7b
/** Longest time, with its blank, and a newline. */
const lineOverheadBytes = 24

/** A tag that is added, ready to be copied. */
export interface SourceTag extends Tag {
  readonly keyBytes: Buffer
  /** `,key=value` */
  readonly bytes: Buffer
}

/** What points of one source have in common. */
export interface SourceTags {
  readonly tags: readonly SourceTag[]
  readonly byteLength: number
}

/** Makes tags ready to be copied. */
export function sourceTagsOf(tags: readonly Tag[]): SourceTags {
  const ready = tags.map((tag) => ({
    ...tag,
    keyBytes: Buffer.from(tag.key),
    bytes: Buffer.from(`,${tag.key}=${tag.value}`),
  }))
  return { tags: ready, byteLength: ready.reduce((sum, { bytes }) => sum + bytes.length, 0) }
}

const none = sourceTagsOf([])

/**
 * Writes the records of one topic as points into bulks: line protocol, one or several lines a record, checked and with its tags
 * and time completed; or a JSON object. What is neither is refused, a record as a whole. One owner.
 */
export class PointWriter implements RecordWriter {
  readonly #topic: string
  readonly #sources: OriginCache<SourceTags>
  readonly #precision: Precision
  readonly #scanner: LineScanner

  constructor(topic: string, sources: OriginCache<SourceTags>, precision: Precision) {
    this.#topic = topic
    this.#sources = sources
    this.#precision = precision
    this.#scanner = new LineScanner(precision)
  }

  write(cursor: RecordCursor, bulk: Bulk): Written {
    const { buffer, valueStart: start, valueEnd: end } = cursor
    if (start < 0) return 'tombstone'
    if (!bulk.reserve(0)) return 'full'
    const found = this.#findTags(cursor)
    const written = found === null ? 'foreign' : 'own'
    const tags = found ?? none
    if (!isUtf8(buffer.subarray(start, end))) return refuse(bulk, cursor, 'the value is no UTF-8 text', written)
    let first = start
    while (first < end && (buffer[first] as number) <= 0x20) first++
    return buffer[first] === brace && first < end
      ? this.#writeJson(cursor, bulk, tags, written)
      : this.#writeLines(cursor, bulk, tags, written)
  }

  #findTags(cursor: RecordCursor): SourceTags | null {
    if (!cursor.findHeader(sourceName) || cursor.headerValueStart < 0) return null
    return this.#sources.find(this.#topic, cursor.buffer, cursor.headerValueStart, cursor.headerValueEnd)
  }

  #writeJson(cursor: RecordCursor, bulk: Bulk, { tags }: SourceTags, written: Written): Written {
    const { buffer, valueStart, valueEnd, offset } = cursor
    const text = buffer.toString('utf8', valueStart, valueEnd)
    const point = pointOfJson(text, tags, timestampOf(cursor, bulk), this.#precision)
    if ('fault' in point) return refuse(bulk, cursor, point.fault, written)
    if (!bulk.reserve(point.line.length * 3 + 1)) return 'full'
    const { byteLength: at, body } = bulk
    bulk.add(point.line === '' ? at : at + body.write(`${point.line}\n`, at, 'utf8'), offset)
    return written
  }

  #writeLines(cursor: RecordCursor, bulk: Bulk, { tags, byteLength }: SourceTags, written: Written): Written {
    const { buffer, valueStart, valueEnd, offset } = cursor
    const scanner = this.#scanner
    scanner.reset(buffer, valueStart, valueEnd)
    let lines = 0
    while (scanner.next()) lines++
    if (scanner.fault !== null) return refuse(bulk, cursor, scanner.fault, written)
    if (!bulk.reserve(valueEnd - valueStart + lines * (byteLength + lineOverheadBytes))) return 'full'

    const time = Buffer.from(timeText(timestampOf(cursor, bulk), this.#precision) ?? '')
    const out = bulk.body
    let at = bulk.byteLength
    scanner.reset(buffer, valueStart, valueEnd)
    while (scanner.next()) {
      at += buffer.copy(out, at, scanner.keyStart, scanner.keyEnd)
      for (const tag of tags) if (!scanner.hasTag(tag.keyBytes)) at += tag.bytes.copy(out, at)
      out[at++] = 0x20
      at += buffer.copy(out, at, scanner.fieldsStart, scanner.fieldsEnd)
      out[at++] = 0x20
      if (scanner.timeStart < 0) at += time.copy(out, at)
      else at += buffer.copy(out, at, scanner.timeStart, scanner.timeEnd)
      out[at++] = 0x0a
    }
    bulk.add(at, offset)
    return written
  }
}

/** The record's time, or that of the bulk where it has none that InfluxDB can keep. */
function timestampOf({ timestampMs }: RecordCursor, bulk: Bulk): number {
  return isMoment(timestampMs) && timeText(timestampMs, 'ms') !== null ? timestampMs : bulk.ingestedMs
}

function refuse(bulk: Bulk, { offset }: RecordCursor, reason: string, written: Written): Written {
  bulk.refuse(offset, { type: 'point_invalid', reason: `No point can be made of the record: ${reason}.` })
  return written
}
