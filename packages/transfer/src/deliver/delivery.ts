import { Backoff, type BackoffOptions, type Clock, isLogpipeError, systemClock } from '@logpipe/runtime'
import { Bulk } from '../sink/bulk.ts'
import type { AdaptiveLimit } from '../sink/adaptive-limit.ts'
import { keptReason } from '../sink/kept-reason.ts'
import type { Rejection, Sink } from '../sink/sink.ts'
import type { SinkEvents } from '../sink-events.ts'
import type { Burial } from './burial.ts'
import { groupBySegment, settleAccepted } from './settle.ts'
import { Turns } from './turns.ts'

/** Bulks of items that were turned away that may have, or wait for, a slot: as many as slots to begin with. */
const againAtOnce = 2

export interface DeliveryOptions {
  /** Resolves with an outcome however long it takes: a RetryingSink. */
  sink: Sink
  burial: Burial
  /** Permits for requests; told here of items that an overloaded server turned away. */
  slots: AdaptiveLimit
  events: SinkEvents
  /** Of items that were turned away. */
  backoff?: BackoffOptions
  clock?: Clock
  /** Given every bulk that was passed to `accept`, once nothing of it is used any more. */
  onFree?: (bulk: Bulk) => void
}

/** Items that were turned away, and how patient they have become. */
interface Waiting {
  readonly bulk: Bulk
  readonly backoff: Backoff
}

/**
 * Sends bulks, at most so many at once, and settles their items by their fates. Items that were turned away wait outside
 * the slots and are sent again in a bulk of their own, so that a blocked index does not hold up the others.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #clock: Clock
  readonly #slots: AdaptiveLimit
  /** Permits to be sent again, before the slot: new bulks wait for so many of those, however long an index takes nothing. */
  readonly #again = new Turns(againAtOnce)
  /** What was turned away and has had no turn since. */
  readonly #waiting = new Set<Waiting>()
  readonly #stop = new AbortController()
  readonly #failure = Promise.withResolvers<never>()

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#slots = options.slots
    // Who runs the delivery awaits it; without one, a failure must not count as unhandled twice.
    this.#failure.promise.catch(() => {})
  }

  /** Rejects when something went wrong that waiting does not mend: a bug. Never resolves. */
  get failed(): Promise<never> {
    return this.#failure.promise
  }

  /** Takes over the bulk; resolves as soon as it has a slot. Rejects with `aborted` once closed. */
  async accept(bulk: Bulk): Promise<void> {
    await this.#slots.take(this.#stop.signal)
    this.#run(this.#send(bulk, null).finally(() => this.#options.onFree?.(bulk)))
  }

  /** Drops all that is under way: it is not settled, so it is not committed. */
  close(): void {
    this.#stop.abort()
  }

  /** Sends a bulk that has a slot, gives the slot back, and settles. */
  async #send(bulk: Bulk, backoff: Backoff | null): Promise<void> {
    const { sink, events } = this.#options
    const { signal } = this.#stop
    let outcome: Awaited<ReturnType<Sink['write']>>
    try {
      outcome = await sink.write(bulk, signal)
    } finally {
      this.#slots.give()
    }
    if (outcome.isOverloaded === true) this.#slots.overloaded()
    events.bulkAnswered(outcome)
    const now = this.#clock.now()
    settleAccepted(bulk, outcome, (firstTimestampMs) => events.recordsAccepted(now - firstTimestampMs))
    if (outcome.retry.length > 0) this.#sendAgain(bulk, outcome.retry, backoff)
    if (outcome.rejected.length > 0) this.#bury(bulk, outcome.rejected)
  }

  /** Dead letters may wait for long: in a bulk of their own, so that this one's buffer, which held all the others, is free again. */
  #bury(bulk: Bulk, rejected: readonly Rejection[]): void {
    const { burial } = this.#options
    const dead = bulk.pick(rejected.map(({ item }) => item))
    const rejections = rejected.map((rejection, item) => ({ ...rejection, item, reason: keptReason(rejection.reason) }))
    this.#run(burial.bury(dead, rejections, this.#stop.signal))
  }

  #sendAgain(bulk: Bulk, retry: readonly number[], backoff: Backoff | null): void {
    const groups = groupBySegment(
      bulk,
      retry.map((item) => ({ item })),
    )
    const ours = groups.flatMap(({ items }) => items.map(({ item }) => item))
    if (ours.length === 0) return
    const rest = bulk.pick(ours)
    rest.suspectAll()
    const waiting = { bulk: rest, backoff: backoff ?? new Backoff(this.#options.backoff) }
    const { signal } = this.#stop
    this.#waiting.add(waiting)
    const sendLater = async (): Promise<void> => {
      await waiting.backoff.wait(signal)
      // It may have gone with another one meanwhile.
      if (!this.#waiting.has(waiting)) return
      await this.#again.take(signal)
      try {
        const together = this.#takeWith(waiting)
        if (together === null) return
        await this.#slots.take(signal)
        await this.#send(together, waiting.backoff)
      } finally {
        this.#again.give()
      }
    }
    this.#run(sendLater())
  }

  /**
   * The bulk with those that wait not as long as it does, as far as there is room: an index that takes nothing for long leaves a few items of
   * every bulk behind. Null where it went with another one.
   */
  #takeWith(waiting: Waiting): Bulk | null {
    if (!this.#waiting.delete(waiting)) return null
    const { maxBytes, maxItems } = waiting.bulk.limits
    let { byteLength: bytes, count: items } = waiting.bulk
    const together = [waiting.bulk]
    for (const other of this.#waiting) {
      const { bulk, backoff } = other
      const hasRoom = bytes + bulk.byteLength <= maxBytes && items + bulk.count <= maxItems
      if (!hasRoom || backoff.attempt > waiting.backoff.attempt) continue
      bytes += bulk.byteLength
      items += bulk.count
      together.push(bulk)
      this.#waiting.delete(other)
    }
    return together.length === 1 ? waiting.bulk : Bulk.join(together)
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!(this.#stop.signal.aborted && isLogpipeError(error, 'aborted'))) this.#failure.reject(error)
    })
  }
}
