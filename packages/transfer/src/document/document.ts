import { type Budget, offsetHeader, sourceHeader, writeOffsetText } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'
import { PipelineEvent } from '../pipeline/event.ts'
import { Pipelines } from '../pipeline/pipelines.ts'
import type { Bulk } from '../sink/bulk.ts'
import { DirectWriter } from './direct-writer.ts'
import { writeForeignId } from './document-id.ts'
import { maxEscapedBytes, writeJsonText } from './escape.ts'
import { foreignKind, takeBinary, takeJson } from './foreign.ts'
import { isOddTime } from './odd-time.ts'
import { type Defaults, foreignOrigin, type Origin } from './origin.ts'
import type { OriginCache } from './origin-cache.ts'
import { ParsedWriter } from './parsed-writer.ts'
import { Stamp } from './stamp.ts'
import { ConstantText, copyShort } from './words.ts'
import type { RecordWriter, Written } from './writer.ts'

const sourceName = Buffer.from(sourceHeader)
const offsetName = Buffer.from(offsetHeader)

const messageHead = new ConstantText('},"message":"')
const tail = new ConstantText('"}\n')
/** More than what a document has beside origin and message: id, stamp, offset, brackets. */
const overheadBytes = 512

/** How records are made documents that are not plain lines. */
export interface Parsing {
  pipelines: Pipelines
  /** What becomes of foreign records that are no text. */
  binary: 'deadLetter' | 'base64'
  /** Told of each line that could not be parsed; `missing`: by a pipeline that nobody knows. */
  onUnparsed?: (pipeline: string, failedAt: string) => void
}

const noParsing: Parsing = { pipelines: new Pipelines(), binary: 'deadLetter' }
const binaryFault = {
  type: 'binary',
  reason:
    'The record is no text: it is not UTF-8, or it holds NUL. Set foreign.binary to base64 to index such records.',
}

/**
 * Writes records of one partition as ECS documents into bulks. Plain lines go from bytes to bytes, with no object and no string a
 * document, and so do most of those that a single processor parses (DirectWriter); other pipelines, dated indices, odd times and other
 * producers' JSON take a slower way (ParsedWriter).
 * One owner.
 *
 *   {"create":{"_index":"…","_id":"<source id><offset text>"}}
 *   {"@timestamp":"…","event":{"created":"…","ingested":"…","dataset":…},…,"log":{…,"offset":123},"message":"…"}
 */
export class DocumentWriter implements RecordWriter {
  readonly #topic: string
  readonly #origins: OriginCache
  readonly #foreign: Origin
  readonly #parsing: Parsing
  readonly #stamp = new Stamp()
  readonly #event = new PipelineEvent()
  readonly #direct: DirectWriter
  readonly #parsed: ParsedWriter

  constructor(
    topic: string,
    partition: number,
    origins: OriginCache,
    defaults: Defaults,
    parsing: Parsing = noParsing,
  ) {
    this.#topic = topic
    this.#origins = origins
    this.#foreign = foreignOrigin(topic, partition, defaults)
    this.#parsing = parsing
    this.#direct = new DirectWriter(topic)
    this.#parsed = new ParsedWriter(topic)
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
    if (origin === null || offset < 0) return this.#writeForeign(cursor, bulk)
    return origin.isPlain && !isOddTime(cursor.timestampMs, bulk.ingestedMs)
      ? this.#writePlain(cursor, bulk, origin, offset)
      : this.#writeParsed(cursor, bulk, origin, offset)
  }

  /** A line, or the text of another producer (`offset` −1), as it is. */
  #writePlain(cursor: RecordCursor, bulk: Bulk, origin: Origin, offset: number): Written {
    const { buffer } = cursor
    const bytes = (cursor.valueEnd - cursor.valueStart) * maxEscapedBytes
    if (!bulk.reserve(bytes + origin.action.length + origin.fields.length + overheadBytes)) return 'full'
    const own = offset >= 0
    const out = bulk.body
    let at = bulk.byteLength
    at += origin.action.copy(out, at)
    if (own) at = writeOffsetText(out, at, offset)
    else at = writeForeignId(cursor, this.#topic, origin.idFront.length, out, at)
    at += this.#stamp.set(cursor.timestampMs, bulk.ingestedMs).copy(out, at)
    at += origin.fields.copy(out, at)
    if (own) {
      // The header's own digits: they were just found to be a plain decimal number.
      at = copyShort(out, at, buffer, cursor.headerValueStart, cursor.headerValueEnd)
      at = messageHead.write(out, at)
    }
    at = writeJsonText(out, at, buffer, cursor.valueStart, cursor.valueEnd)
    at = tail.write(out, at)
    bulk.add(at, cursor.offset)
    return own ? 'own' : 'foreign'
  }

  #writeForeign(cursor: RecordCursor, bulk: Bulk): Written {
    const origin = this.#foreign
    const { buffer, valueStart, valueEnd } = cursor
    const kind = foreignKind(buffer, valueStart, valueEnd)
    if (kind === 'binary') {
      if (this.#parsing.binary === 'base64') return this.#writeBinary(cursor, bulk)
      if (!bulk.reserve(0)) return 'full'
      bulk.refuse(cursor.offset, binaryFault)
      return 'foreign'
    }
    // A pipeline decides for itself what is JSON.
    if (origin.pipeline !== null) return this.#writeParsed(cursor, bulk, origin, -1)
    if (kind === 'json') {
      const event = this.#begin(cursor, origin)
      if (takeJson(event)) return this.#parsed.write(event, origin, -1, cursor, bulk) ? 'foreign' : 'full'
    }
    return origin.isPlain && !isOddTime(cursor.timestampMs, bulk.ingestedMs)
      ? this.#writePlain(cursor, bulk, origin, -1)
      : this.#writeParsed(cursor, bulk, origin, -1)
  }

  /** Through the pipeline, if the origin names one. */
  #writeParsed(cursor: RecordCursor, bulk: Bulk, origin: Origin, offset: number): Written {
    const pipeline = origin.pipeline === null ? null : this.#parsing.pipelines.find(origin.pipeline)
    if (pipeline?.direct) {
      const written = this.#direct.write(pipeline.direct, origin, offset, cursor, bulk)
      if (written !== null) return written
    }
    const event = this.#begin(cursor, origin, pipeline?.budget)
    if (pipeline === undefined) {
      event.tag('_pipeline_missing')
      event.set('error.message', `The pipeline '${origin.pipeline}' is not known; the line was not parsed.`)
    } else if (pipeline !== null && !pipeline.run(event)) return 'dropped'
    if (!this.#parsed.write(event, origin, offset, cursor, bulk)) return 'full'
    const failedAt = pipeline === undefined ? 'missing' : (pipeline?.failedAt ?? null)
    if (failedAt !== null) this.#parsing.onUnparsed?.(origin.pipeline ?? '', failedAt)
    return offset >= 0 ? 'own' : 'foreign'
  }

  #writeBinary(cursor: RecordCursor, bulk: Bulk): Written {
    const event = this.#begin(cursor, this.#foreign)
    takeBinary(event, cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd))
    return this.#parsed.write(event, this.#foreign, -1, cursor, bulk) ? 'foreign' : 'full'
  }

  #begin(
    { buffer, valueStart, valueEnd, timestampMs }: RecordCursor,
    { base }: Origin,
    budget?: Budget,
  ): PipelineEvent {
    const event = this.#event
    event.begin(buffer, valueStart, valueEnd, timestampMs, base, budget)
    return event
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
