import { type Clock, systemClock, untilAborted } from '@logpipe/runtime'
import { Bulk, type BulkLimits } from '../sink/bulk.ts'
import type { Delivery } from './delivery.ts'

/** Room behind `maxBytes`, so that a document begun just below it mostly still fits. */
const slackBytes = 262_144

export interface FillerOptions {
  limits: BulkLimits
  /** How long a bulk waits to become full. */
  maxAgeMs: number
  delivery: Pick<Delivery, 'accept'>
  /** How many emptied bulks are kept for use. */
  poolSize: number
  clock?: Clock
}

/**
 * Keeps the one bulk that all workers fill together, and hands it over when it is full or old. While the delivery has no
 * slot for it there is no bulk to fill: that is the back-pressure.
 */
export class Filler {
  readonly #options: FillerOptions
  readonly #clock: Clock
  #bulk: Bulk | null = null
  #timer: NodeJS.Timeout | null = null
  #isHandingOver = false
  #handover: Promise<void> = Promise.resolve()
  readonly #pool: Bulk[] = []

  constructor(options: FillerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** The bulk to write into, not full; null while there is none: then await `ready`. Ask anew after every await. */
  get current(): Bulk | null {
    if (this.#bulk?.isFull === true) this.send()
    if (this.#isHandingOver) return null
    const { limits, maxAgeMs } = this.#options
    this.#bulk ??= this.#pool.pop() ?? new Bulk(limits, limits.maxBytes + slackBytes)
    if (this.#bulk.count === 0) this.#bulk.ingestedMs = this.#clock.now()
    this.#timer ??= setTimeout(() => this.send(), maxAgeMs)
    return this.#bulk
  }

  /** Resolves when `current` may be asked again. Rejects with `aborted`. */
  ready(signal: AbortSignal): Promise<void> {
    return untilAborted(this.#handover, signal)
  }

  /** Hands over what there is now, if anything. */
  send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const bulk = this.#bulk
    if (bulk === null || bulk.count === 0) return
    this.#bulk = null
    this.#isHandingOver = true
    this.#handover = this.#options.delivery.accept(bulk).then(() => {
      this.#isHandingOver = false
    })
    // A closed delivery takes nothing any more; who waits for it learns that from `ready`.
    this.#handover.catch(() => {})
  }

  /** Takes back a bulk that was delivered. */
  recycle(bulk: Bulk): void {
    const { limits, poolSize } = this.#options
    // One that grew for a huge document is not kept.
    if (this.#pool.length >= poolSize || bulk.body.length > limits.maxBytes + slackBytes) return
    bulk.reset()
    this.#pool.push(bulk)
  }

  /** Leaves no timer behind. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
