import { Backoff, isLogpipeError, untilAborted } from '@logpipe/runtime'
import type { FetchedBatch } from '@logpipe/kafka'
import type { BudgetShare, ByteBudget } from './consume/budget.ts'
import type { SegmentOwner } from './consume/segment.ts'
import { Reservation, reservationText } from './consume/reservation.ts'
import type { AssignedPartition } from './consume/source.ts'
import { Watermark } from './consume/watermark.ts'
import { FetchAhead } from './consume/fetch-ahead.ts'
import { Converter, type ConverterParts } from './converter.ts'
import type { RecordWriter } from './document/writer.ts'

/** What the workers whose partitions go to one sink share; the budgets and events are those of the whole process. */
export interface WorkerParts extends ConverterParts {
  /** Bytes of record batches that the watermark has not passed. */
  fetched: ByteBudget
  /** Bytes of documents that are not settled. */
  documents: ByteBudget
}

/** Set aside for a fetch of a partition that brought nothing last time. */
const quietFetchBytes = 16_384
/** A commit at the end may take so long. */
const lastCommitMs = 2_000

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
  readonly #converter: Converter
  readonly #fetchedBytes: BudgetShare
  readonly #watermark: Watermark
  readonly #reservation: Reservation
  readonly #reading = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #isForgotten = false
  #committed: number
  /** Where reading began; −1 before. */
  #oldest = -1
  #expectedBytes = quietFetchBytes
  /** The first record batch of another log (truncated, or the topic was made again), from its fetch until documents are made of it. */
  #anew: FetchedBatch | null = null
  /** Behind the last record batch that came: where the next one begins, unless it is of another log. */
  #fetchedTo: number
  /** Where the last fetch stood, if it brought nothing; else −1. */
  #emptyTo = -1
  /** Whether the last commit was refused since the topic is another one by now. */
  #isRefused = false

  constructor(partition: AssignedPartition, writer: RecordWriter, parts: WorkerParts) {
    this.topic = partition.topic
    this.partition = partition.partition
    this.#partition = partition
    this.#parts = parts
    this.documentBytes = parts.documents.open()
    this.#fetchedBytes = parts.fetched.open()
    this.#committed = partition.committed?.offset ?? -1
    this.#fetchedTo = this.#committed
    this.#watermark = new Watermark(this.#committed, (segment) => {
      if (segment.endsBatch) this.#fetchedBytes.give(segment.batch.byteLength)
    })
    this.#reservation = new Reservation({
      metadata: partition.committed?.metadata ?? null,
      logEnd: () => partition.highWatermark,
      commit: () => this.commit(),
      isFormer: () => this.#isRefused || this.#isFormer,
      ...(parts.backoff && { backoff: parts.backoff }),
    })
    this.#converter = new Converter(this, this.#committed, this.#watermark, this.#reservation, writer, parts)
  }

  get isForgotten(): boolean {
    return this.#isForgotten
  }

  /** Records in Kafka that are not accepted yet, whether or not they were fetched; 0 before anything is known of a partition without a commit. */
  get lag(): number {
    const from = this.#next
    return from < 0 ? 0 : Math.max(0, this.#partition.logEnd - from)
  }

  /** The first offset that is not accepted yet; −1 before the first fetch of a partition without a commit. */
  get #next(): number {
    return this.#watermark.position < 0 ? this.#oldest : this.#watermark.position
  }

  /** Whether what was converted up to now is of a former log, while the fetches have reached the next one: its offsets mean nothing there. */
  get #isFormer(): boolean {
    return this.#anew !== null || this.#partition.position < this.#converter.next
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
    await untilAborted(this.#commit(this.#reservation.last(this.#next)), limit).catch(() => {})
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

  /**
   * Commits the watermark if it has moved, or if more offsets are to be reserved. Never rejects: what failed is tried again
   * with the next commit.
   */
  commit(): Promise<void> {
    return this.#commit(this.#reservation.next)
  }

  async #commit(reserved: number | null): Promise<void> {
    const position = this.#next
    if (this.#isForgotten || position < 0 || reserved === null || this.#isFormer) return
    if (position === this.#committed && reserved === this.#reservation.stored) return
    try {
      await this.#partition.commit(position, reservationText(reserved))
      this.#committed = position
      this.#reservation.store(reserved)
      this.#isRefused = false
      this.#parts.events.commitMade()
    } catch (error) {
      if (isLogpipeError(error, 'kafka_fenced')) {
        if (!this.#isForgotten) this.#parts.events.partitionFenced(this)
        this.forget()
      } else {
        this.#isRefused = isLogpipeError(error, 'kafka_topic_missing') && !error.retriable
        this.#parts.events.commitFailed(this, error)
      }
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#parts.backoff)
    const ahead = new FetchAhead((either) => this.#fetch(either), signal)
    while (!signal.aborted) {
      const batches = await ahead.take()
      if (batches.length === 0) this.#converter.skipTo(this.#emptyTo)
      const unread = await this.#convert(batches, signal)
      if (unread[0] === undefined) {
        backoff.reset()
        continue
      }
      // Another copy of a broken batch may be sound: on the way, or at the broker that leads next.
      this.#drop(unread)
      this.#drop(await ahead.cancel())
      this.#fetchedTo = this.#anew?.baseOffset ?? Math.max(this.#converter.next, unread[0].baseOffset)
      this.#partition.seek(this.#fetchedTo)
      this.#emptyTo = -1
      this.#anew = null
      await backoff.wait(signal)
      ahead.restart()
    }
  }

  /** Those of `batches`, in order, that were not read because the first of them is broken. */
  async #convert(batches: FetchedBatch[], signal: AbortSignal): Promise<FetchedBatch[]> {
    for (const [index, batch] of batches.entries()) {
      if (batch === this.#anew) this.#anew = null
      try {
        await this.#converter.convert(batch, signal)
      } catch (error) {
        if (!isLogpipeError(error, 'kafka_corrupt')) throw error
        this.#parts.events.batchBroken(this, batch, error)
        return batches.slice(index)
      }
    }
    return []
  }

  #drop(batches: readonly FetchedBatch[]): void {
    for (const { byteLength } of batches) this.#fetchedBytes.give(byteLength)
  }

  /** The next record batches, as soon as the budget admits them. */
  async #fetch(signal: AbortSignal): Promise<FetchedBatch[]> {
    const backoff = new Backoff(this.#parts.backoff)
    for (;;) {
      const expected = this.#expectedBytes
      await this.#fetchedBytes.admit(expected, signal)
      try {
        const batches = await this.#partition.fetch(signal)
        this.#parts.events.fetchEnded(this.#partition.failure)
        this.#isRefused = false
        const [first] = batches
        this.#emptyTo = first === undefined ? this.#partition.position : -1
        if (first !== undefined) {
          if (first.baseOffset < this.#fetchedTo) this.#anew = first
          this.#fetchedTo = (batches.at(-1) ?? first).lastOffset + 1
        }
        const bytes = batches.reduce((sum, { byteLength }) => sum + byteLength, 0)
        this.#fetchedBytes.take(bytes)
        this.#expectedBytes = Math.max(bytes, quietFetchBytes)
        const records = batches.reduce((sum, { recordCount }) => sum + recordCount, 0)
        if (this.#oldest < 0) this.#oldest = first?.baseOffset ?? -1
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
}
