import { abortedError, Backoff, type BackoffOptions, isLogpipeError } from '@logpipe/runtime'
import type { FetchedBatch, RecordCursor } from '@logpipe/kafka'
import type { BudgetShare, ByteBudget } from './consume/budget.ts'
import { Segment, type SegmentOwner } from './consume/segment.ts'
import type { AssignedPartition } from './consume/source.ts'
import { Watermark } from './consume/watermark.ts'
import type { Filler } from './deliver/filler.ts'
import type { Turns } from './deliver/turns.ts'
import type { DocumentWriter } from './document/document.ts'
import type { Events } from './events.ts'
import type { Bulk } from './sink/bulk.ts'
import { untilAborted } from './wait.ts'

/** What all workers of a process share. */
export interface WorkerParts {
  /** Bytes of record batches that the watermark has not passed. */
  fetched: ByteBudget
  /** Bytes of documents that are not settled. */
  documents: ByteBudget
  /** Permits to hold an unpacked record batch. */
  opening: Turns
  filler: Filler
  events: Events
  backoff?: BackoffOptions
}

/** Set aside for a fetch of a partition that brought nothing last time. */
const quietFetchBytes = 16_384
/** A commit at the end may take so long. */
const lastCommitMs = 2_000

/** Why a stretch of documents ended: the record batch did, the bulk is full, or the budget is. */
type Stretch = 'end' | 'full' | 'wait'

/**
 * Handles one partition from its assignment on: fetch, documents, watermark, commit. `run` is called once; `drain` or
 * `forget` ends it.
 */
export class PartitionWorker implements SegmentOwner {
  readonly topic: string
  readonly partition: number
  readonly documentBytes: BudgetShare
  readonly #partition: AssignedPartition
  readonly #parts: WorkerParts
  readonly #writer: DocumentWriter
  readonly #fetchedBytes: BudgetShare
  readonly #watermark: Watermark
  readonly #reading = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #isForgotten = false
  /** The next offset to make a document of. */
  #next: number
  #committed: number
  /** Where reading began; −1 before the first record. */
  #oldest = -1
  #expectedBytes = quietFetchBytes

  constructor(partition: AssignedPartition, writer: DocumentWriter, parts: WorkerParts) {
    this.topic = partition.topic
    this.partition = partition.partition
    this.#partition = partition
    this.#writer = writer
    this.#parts = parts
    this.documentBytes = parts.documents.open()
    this.#fetchedBytes = parts.fetched.open()
    this.#committed = partition.committed?.offset ?? -1
    this.#next = this.#committed
    this.#watermark = new Watermark(this.#committed, (segment) => {
      if (segment.endsBatch) this.#fetchedBytes.give(segment.batch.byteLength)
    })
  }

  get isForgotten(): boolean {
    return this.#isForgotten
  }

  /** Records in Kafka that are not accepted yet; 0 before the first fetch. */
  get lag(): number {
    const from = Math.max(this.#watermark.position, this.#oldest)
    return from < 0 ? 0 : Math.max(0, this.#partition.highWatermark - from)
  }

  /** Reads until `drain` or `forget`. Rejects only by a bug; what can pass is waited out. */
  run(): Promise<void> {
    this.#running = this.#read(this.#reading.signal).catch((error: unknown) => {
      if (!(this.#reading.signal.aborted && isLogpipeError(error, 'aborted'))) throw error
    })
    return this.#running
  }

  /** Stops reading, waits until all is settled or `deadline` aborts, commits, forgets. `lost` aborts when commits are vain. */
  async drain(deadline: AbortSignal, lost: AbortSignal): Promise<void> {
    this.#reading.abort()
    await this.#running.catch(() => {})
    this.#parts.filler.send()
    await untilAborted(this.#watermark.whenEmpty(), deadline).catch(() => {})
    this.#parts.events.partitionDrained(this, this.#watermark.isEmpty)
    const limit = AbortSignal.any([lost, AbortSignal.timeout(lastCommitMs)])
    await untilAborted(this.commit(), limit).catch(() => {})
    this.forget()
  }

  /** Ends at once: from now on nothing of this partition is committed, retried or dead-lettered. */
  forget(): void {
    if (this.#isForgotten) return
    this.#isForgotten = true
    this.#reading.abort()
    this.documentBytes.close()
    this.#fetchedBytes.close()
    this.#parts.events.lagForgotten(this)
  }

  /** Commits the watermark if it has moved. Never rejects: what failed is tried again with the next commit. */
  async commit(): Promise<void> {
    const { position } = this.#watermark
    if (this.#isForgotten || position <= this.#committed) return
    try {
      await this.#partition.commit(position)
      this.#committed = Math.max(this.#committed, position)
      this.#parts.events.commitMade()
    } catch (error) {
      if (isLogpipeError(error, 'kafka_fenced')) {
        if (!this.#isForgotten) this.#parts.events.partitionFenced(this)
        this.forget()
      } else {
        this.#parts.events.commitFailed(this, error)
      }
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    let ahead = this.#fetch(signal)
    while (!signal.aborted) {
      const batches = await ahead
      ahead = this.#fetch(signal)
      // It may fail while we are still busy with what came before; then it is awaited, above, a little later.
      ahead.catch(() => {})
      for (const batch of batches) await this.#convert(batch, signal)
    }
  }

  /** The next record batches, as soon as the budget admits them. */
  async #fetch(signal: AbortSignal): Promise<FetchedBatch[]> {
    const backoff = new Backoff(this.#parts.backoff)
    for (;;) {
      const expected = this.#expectedBytes
      await this.#fetchedBytes.admit(expected, signal)
      try {
        const batches = await this.#partition.fetch(signal)
        const bytes = batches.reduce((sum, { byteLength }) => sum + byteLength, 0)
        this.#fetchedBytes.take(bytes)
        this.#expectedBytes = Math.max(bytes, quietFetchBytes)
        const records = batches.reduce((sum, { recordCount }) => sum + recordCount, 0)
        if (this.#oldest < 0) this.#oldest = batches[0]?.baseOffset ?? -1
        if (records > 0) this.#parts.events.recordsFetched(this.topic, records, bytes)
        return batches
      } catch (error) {
        if (signal.aborted || !isLogpipeError(error)) throw error
        this.#parts.events.fetchFailed(this, error)
      } finally {
        this.#fetchedBytes.give(expected)
      }
      await backoff.wait(signal)
    }
  }

  /** Makes documents of a whole record batch. */
  async #convert(batch: FetchedBatch, signal: AbortSignal): Promise<void> {
    const { opening, filler } = this.#parts
    for (;;) {
      if (this.documentBytes.allowance === 0) {
        // Nobody should wait for a bulk to become full that we shall not fill.
        filler.send()
        await this.documentBytes.admit(0, signal)
      }
      await opening.take(signal)
      try {
        if (await this.#write(batch, await this.#open(batch, signal), signal)) return
      } finally {
        opening.give()
      }
    }
  }

  /** Opens a record batch; one that is broken is tried for ever, since skipping it would be loss. */
  async #open(batch: FetchedBatch, signal: AbortSignal): Promise<RecordCursor> {
    const backoff = new Backoff(this.#parts.backoff)
    for (;;) {
      try {
        return await batch.open()
      } catch (error) {
        if (!isLogpipeError(error)) throw error
        this.#parts.events.fetchFailed(this, error)
      }
      await backoff.wait(signal)
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
      if (stretch !== 'full') return stretch === 'end'
      onRecord = true
      filler.send()
      // Lets answers in and others have their turn: filling a bulk keeps the thread for some milliseconds.
      await new Promise((resolve) => setImmediate(resolve))
      if (signal.aborted) throw abortedError(signal)
      if (this.documentBytes.allowance === 0) return false
    }
  }

  /** One segment: adds records to `bulk` until the batch ends, the bulk is full, or the budget is. */
  #fill(batch: FetchedBatch, cursor: RecordCursor, bulk: Bulk, onRecord: boolean): Stretch {
    const segment = new Segment(this, batch, this.#next, () => this.#watermark.advance())
    this.#watermark.append(segment)
    bulk.begin(segment)
    const { count, byteLength } = bulk
    const stretch = this.#addRecords(cursor, bulk, segment, onRecord)
    if (stretch === 'end') this.#next = batch.lastOffset + 1
    segment.endsBatch = stretch === 'end'
    segment.next = this.#next
    this.documentBytes.take(bulk.byteLength - byteLength)
    segment.hold(bulk.count - count)
    segment.seal()
    return stretch
  }

  #addRecords(cursor: RecordCursor, bulk: Bulk, segment: Segment, onRecord: boolean): Stretch {
    const stopAt = bulk.byteLength + this.documentBytes.allowance
    let tombstones = 0
    let foreign = 0
    let stretch: Stretch = 'end'
    while (onRecord || cursor.next()) {
      onRecord = false
      // Kafka keeps batches whole: the first may begin before the committed offset; or we come back to one half done.
      if (cursor.offset < this.#next) continue
      const written = bulk.byteLength < stopAt ? (bulk.isFull ? 'full' : this.#writer.write(cursor, bulk)) : 'wait'
      if (written === 'wait' || written === 'full') {
        stretch = written
        break
      }
      if (written === 'tombstone') tombstones++
      else if (segment.firstTimestampMs < 0) segment.firstTimestampMs = cursor.timestampMs
      if (written === 'foreign') foreign++
      this.#next = cursor.offset + 1
    }
    this.#parts.events.tombstonesSkipped(this.topic, tombstones)
    this.#parts.events.foreignRecordsRead(this.topic, foreign)
    return stretch
  }
}
