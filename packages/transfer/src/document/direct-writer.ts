import { writeOffsetText } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'
import type { DirectPipeline } from '../pipeline/direct/direct.ts'
import type { Bulk } from '../sink/bulk.ts'
import { writeForeignId } from './document-id.ts'
import { maxEscapedBytes, writeJsonText } from './escape.ts'
import { isOddTime } from './odd-time.ts'
import type { Origin } from './origin.ts'
import { Stamp } from './stamp.ts'
import { isMoment } from './timestamp.ts'
import { ConstantText, copyShort } from './words.ts'

const messageHead = new ConstantText(',"message":"')
const tail = new ConstantText('"}\n')
const closingBrace = 0x7d
/** More than what a document has beside origin, fields and message: id, stamp, offset, brackets. */
const overheadBytes = 512

/**
 * Writes lines whose fields a DirectPipeline finds as ECS documents, from bytes to bytes: those that ParsedWriter would make. What needs a
 * decision (an odd time, a dated index) is left to that. One owner.
 */
export class DirectWriter {
  readonly #topic: string
  readonly #stamp = new Stamp()

  constructor(topic: string) {
    this.#topic = topic
  }

  /**
   * Adds the document to `bulk`; null where the line is to go the slower way. `offset`: of an agent's line, whose `offset` header the cursor
   * must stand on; −1 for a foreign record.
   */
  write(
    pipeline: DirectPipeline,
    origin: Origin,
    offset: number,
    cursor: RecordCursor,
    bulk: Bulk,
  ): 'own' | 'foreign' | 'full' | null {
    const { buffer, valueStart, valueEnd } = cursor
    if (origin.index !== null || !pipeline.find(buffer, valueStart, valueEnd, cursor.timestampMs)) return null
    const { found } = pipeline
    const timestampMs = isMoment(found.timestampMs) ? found.timestampMs : bulk.ingestedMs
    if (isOddTime(timestampMs, bulk.ingestedMs)) return null
    const length = valueEnd - valueStart
    const { action, fields, eventEnd } = origin
    const bytes = length * maxEscapedBytes + pipeline.maxBytes(length, maxEscapedBytes)
    if (!bulk.reserve(bytes + action.length + fields.length + overheadBytes)) return 'full'

    const own = offset >= 0
    const out = bulk.body
    let at = bulk.byteLength
    at += action.copy(out, at)
    at = own ? writeOffsetText(out, at, offset) : writeForeignId(cursor, this.#topic, origin.idFront.length, out, at)
    at += this.#stamp.set(cursor.timestampMs, bulk.ingestedMs, timestampMs).copy(out, at)
    let from = 0
    if (pipeline.event.isIn(found)) {
      at += fields.copy(out, at, 0, eventEnd)
      at = pipeline.event.write(found, buffer, out, at)
      from = eventEnd
    }
    at += fields.copy(out, at, from, own ? fields.length : origin.logStart)
    if (own) {
      // The header's own digits: they were just found to be a plain decimal number.
      at = copyShort(out, at, buffer, cursor.headerValueStart, cursor.headerValueEnd)
      out[at++] = closingBrace
    }
    at = pipeline.rest.write(found, buffer, out, at)
    at = messageHead.write(out, at)
    at = writeJsonText(out, at, buffer, valueStart, valueEnd)
    at = tail.write(out, at)
    bulk.add(at, cursor.offset)
    return own ? 'own' : 'foreign'
  }
}
