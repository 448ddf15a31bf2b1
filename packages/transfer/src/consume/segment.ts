import type { FetchedBatch } from '@logpipe/kafka'
import type { BudgetShare } from './budget.ts'

/** The partition that segments belong to, as those see it who settle them. */
export interface SegmentOwner {
  readonly topic: string
  readonly partition: number
  /** The partition belongs to someone else now: nothing of it is retried, dead-lettered or committed any more. */
  readonly isForgotten: boolean
  /** Bytes of its documents that are not settled. */
  readonly documentBytes: BudgetShare
}

/**
 * The items that one record batch has in one bulk. Settled when its writer is done with it and every item is accepted or
 * dead-lettered. `onSettled` is called once, then.
 */
export class Segment {
  readonly owner: SegmentOwner
  readonly batch: FetchedBatch
  /** The offset behind the last record it covers, skipped ones included. */
  next: number
  /** Whether it covers the record batch's end. */
  endsBatch = false
  /** Timestamp of its first record, for the latency. */
  firstTimestampMs = -1
  /** Items not settled; the writer itself counts as one until `seal`. */
  #unsettled = 1
  readonly #onSettled: () => void

  constructor(owner: SegmentOwner, batch: FetchedBatch, first: number, onSettled: () => void) {
    this.owner = owner
    this.batch = batch
    this.next = first
    this.#onSettled = onSettled
  }

  get isSettled(): boolean {
    return this.#unsettled === 0
  }

  /** `items` more are on their way. */
  hold(items: number): void {
    this.#unsettled += items
  }

  /** The writer is done: nothing is added any more. */
  seal(): void {
    this.settle(1)
  }

  /** `items` of it need no more care. */
  settle(items: number): void {
    if (items > this.#unsettled) throw new RangeError('More items of a segment were settled than it has.')
    this.#unsettled -= items
    if (this.#unsettled === 0) this.#onSettled()
  }
}
