import type { FetchedBatch, RecordCursor } from '@logpipe/kafka'
import { abortedError, type BackoffOptions } from '@logpipe/runtime'
import type { Reservation } from './consume/reservation.ts'
import { Segment, type SegmentOwner } from './consume/segment.ts'
import type { Watermark } from './consume/watermark.ts'
import type { Filler } from './deliver/filler.ts'
import type { Turns } from './deliver/turns.ts'
import { isCopy } from './document/copy.ts'
import { restoreTime } from './document/replayed-time.ts'
import type { RecordWriter } from './document/writer.ts'
import type { Events } from './events.ts'
import type { Bulk } from './sink/bulk.ts'

export interface ConverterParts {
  /** Permits to hold an unpacked record batch. */
  opening: Turns
  filler: Filler
  events: Events
  backoff?: BackoffOptions
}

/** Why a stretch of documents ended: the record batch did, the bulk is full, or the budget is; or others should have their turn. */
type Stretch = 'end' | 'full' | 'wait' | 'turn'

/** Records that are made documents in one go, about a millisecond: so long an answer, or the rest of a request, waits for the thread. */
const recordsPerTurn = 500

/** Turns the record batches of one partition, in order, into documents in the bulks that all partitions fill. One owner. */
export class Converter {
  readonly #owner: SegmentOwner
  readonly #watermark: Watermark
  readonly #reservation: Reservation
  readonly #writer: RecordWriter
  readonly #parts: ConverterParts
  /** The next offset to make a document of. */
  #next: number
  #isFirst = true

  /** `from`: the first offset that is wanted; segments are appended to `watermark`. */
  constructor(
    owner: SegmentOwner,
    from: number,
    watermark: Watermark,
    reservation: Reservation,
    writer: RecordWriter,
    parts: ConverterParts,
  ) {
    this.#owner = owner
    this.#next = from
    this.#watermark = watermark
    this.#reservation = reservation
    this.#writer = writer
    this.#parts = parts
  }

  /** The offset behind the last record that is in a bulk, or skipped; −1 before the first one where there is no commit. */
  get next(): number {
    return this.#next
  }

  /**
   * Resolves when every record of `batch` is in a bulk, or skipped. Rejects with `aborted`, or with `kafka_corrupt` where it cannot
   * be read: then it is to be fetched again from `next` on, since skipping it would be loss.
   */
  async convert(batch: FetchedBatch, signal: AbortSignal): Promise<void> {
    this.#enter(batch)
    await this.#reservation.take(batch.lastOffset + 1, signal)
    const { opening, filler } = this.#parts
    const { documentBytes } = this.#owner
    for (;;) {
      if (documentBytes.allowance === 0) {
        // Nobody should wait for a bulk to become full that we shall not fill.
        filler.send()
        await documentBytes.admit(0, signal)
      }
      await opening.take(signal, batch.baseTimestampMs)
      try {
        if (await this.#open(batch, signal)) return
      } catch (error) {
        // What is fetched again may begin before the record that was the last to be read.
        this.#isFirst = true
        throw error
      } finally {
        opening.give()
      }
    }
  }

  /** The log has nothing before `offset` that was not given to `convert`: Kafka deleted it unread, where it reaches beyond `next`. */
  skipTo(offset: number): void {
    if (offset <= this.#next) return
    this.#next = offset
    this.#watermark.skipTo(offset)
  }

  /**
   * Batches follow one another, and only the first after the assignment may begin before the offset that is wanted. One that
   * does so later, or ends before it, is of a topic that was deleted and made again: it begins anew.
   */
  #enter(batch: FetchedBatch): void {
    const isEnteredInMiddle = this.#isFirst && batch.lastOffset >= this.#next
    if (batch.baseOffset < this.#next && !isEnteredInMiddle) {
      this.#next = batch.baseOffset
      // Before anything is reserved: that commit would put the offset of the former log into this one.
      this.#watermark.goBack(batch.baseOffset)
      this.#reservation.goBack()
    }
    this.#isFirst = false
  }

  /** Makes documents of the batch, or of a part of it. True when it is done, false when the budget has to admit the rest first. */
  async #open(batch: FetchedBatch, signal: AbortSignal): Promise<boolean> {
    const cursor = await batch.open()
    try {
      return await this.#write(batch, cursor, signal)
    } finally {
      cursor.release()
    }
  }

  /** Fills bulks from the cursor. True when the batch is done, false when the budget has to admit the rest first. */
  async #write(batch: FetchedBatch, cursor: RecordCursor, signal: AbortSignal): Promise<boolean> {
    const { filler } = this.#parts
    let onRecord = false
    for (;;) {
      const bulk = filler.current
      if (bulk === null) {
        await filler.ready(signal)
        continue
      }
      const stretch = this.#fill(batch, cursor, bulk, onRecord)
      if (stretch === 'end' || stretch === 'wait') return stretch === 'end'
      onRecord = stretch === 'full'
      if (onRecord) filler.send()
      // Lets answers in and requests out, which a server waits for that could be working.
      await new Promise((resolve) => setImmediate(resolve))
      if (signal.aborted) throw abortedError(signal)
      if (this.#owner.documentBytes.allowance === 0) return false
    }
  }

  /** One segment: adds records to `bulk` until the batch ends, the bulk is full, or the budget is. */
  #fill(batch: FetchedBatch, cursor: RecordCursor, bulk: Bulk, onRecord: boolean): Stretch {
    const segment = new Segment(this.#owner, batch, this.#next, () => this.#watermark.advance())
    this.#watermark.append(segment)
    bulk.begin(segment)
    const { count, budgetBytes } = bulk
    try {
      const stretch = this.#addRecords(cursor, bulk, segment, onRecord)
      if (stretch === 'end') this.#next = batch.lastOffset + 1
      segment.endsBatch = stretch === 'end'
      return stretch
    } finally {
      // Also where a record is broken: what stands before it is on its way.
      segment.next = this.#next
      this.#owner.documentBytes.take(bulk.budgetBytes - budgetBytes)
      segment.hold(bulk.count - count)
      segment.seal()
    }
  }

  #addRecords(cursor: RecordCursor, bulk: Bulk, segment: Segment, onRecord: boolean): Stretch {
    const stopAt = bulk.byteLength + this.#owner.documentBytes.allowance
    const { suspectBelow, suspectsSince } = this.#reservation
    let marked = bulk.count
    let tombstones = 0
    let foreign = 0
    let dropped = 0
    let left = recordsPerTurn
    let stretch: Stretch = 'end'
    while (onRecord || cursor.next()) {
      onRecord = false
      // Kafka keeps batches whole: the first may begin before the committed offset; or we come back to one half done.
      if (cursor.offset < this.#next) continue
      const inKafkaMs = cursor.timestampMs
      // A line as an agent first sends it has two headers.
      const isPlain = cursor.headerCount <= 2
      if (!isPlain) restoreTime(cursor)
      const written = bulk.byteLength < stopAt ? (bulk.isFull ? 'full' : this.#writer.write(cursor, bulk)) : 'wait'
      if (written === 'wait' || written === 'full') {
        stretch = written
        break
      }
      if (written === 'tombstone') tombstones++
      else if (written === 'dropped') dropped++
      else if (segment.firstTimestampMs < 0) segment.firstTimestampMs = inKafkaMs
      if (bulk.count > marked) {
        const copy = !isPlain && isCopy(cursor)
        if (copy) bulk.suspectCopy()
        else if (cursor.offset < suspectBelow) bulk.suspect(suspectsSince)
        marked = bulk.count
      }
      if (written === 'foreign') foreign++
      this.#next = cursor.offset + 1
      if (--left === 0) {
        stretch = 'turn'
        break
      }
    }
    this.#parts.events.tombstonesSkipped(this.#owner.topic, tombstones)
    this.#parts.events.eventsDropped(this.#owner.topic, dropped)
    this.#parts.events.foreignRecordsRead(this.#owner.topic, foreign)
    return stretch
  }
}
