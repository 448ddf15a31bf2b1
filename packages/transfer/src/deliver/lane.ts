import { type BackoffOptions, isLogpipeError } from '@logpipe/runtime'
import type { Events } from '../events.ts'
import { AdaptiveLimit } from '../sink/adaptive-limit.ts'
import type { Bulk, BulkLimits } from '../sink/bulk.ts'
import { RetryingSink } from '../sink/retrying.ts'
import { ScreeningSink } from '../sink/screening.ts'
import type { Sink } from '../sink/sink.ts'
import { SplittingSink } from '../sink/splitting.ts'
import type { Burial } from './burial.ts'
import { Delivery } from './delivery.ts'
import { Filler } from './filler.ts'
import { Turns } from './turns.ts'

/** Record batches of one lane that are unpacked at the same time. */
const openAtOnce = 2

export interface LaneOptions {
  /** The sink's name in metrics. */
  name: string
  /** One try a write; the lane adds what retries and halves. */
  sink: Sink
  burial: Burial
  limits: BulkLimits
  /** How long a bulk waits to become full. */
  maxAgeMs: number
  /** Requests under way at once, at most; how many of them is found out (AdaptiveLimit). */
  inFlight: number
  events: Events
  backoff?: BackoffOptions
}

/**
 * The way to one sink: the bulk that its partitions fill together, its requests under way, and the permits to unpack a record
 * batch for it. Lanes share nothing but budgets, so that a sink that is away never keeps what goes to another.
 */
export class Lane {
  /** Permits to hold an unpacked record batch: who waits for a slot of a sink that is away keeps one. */
  readonly opening = new Turns(openAtOnce)
  readonly filler: Filler
  readonly delivery: Delivery

  constructor({ name, sink, burial, limits, maxAgeMs, inFlight, events, backoff }: LaneOptions) {
    const again = backoff === undefined ? {} : { backoff }
    const slots = new AdaptiveLimit({ max: inFlight })
    const told = events.ofSink(name, () => slots.current)
    const retrying = new RetryingSink(new SplittingSink(sink), {
      onTry: (seconds, bulk, error) => {
        told.bulkTried(seconds, bulk, error)
        if (error === null) slots.answered(seconds * 1_000)
        else if (isLogpipeError(error, 'elasticsearch_overloaded') || isLogpipeError(error, 'influxdb_overloaded'))
          slots.overloaded()
      },
      ...again,
    })
    this.delivery = new Delivery({
      sink: new ScreeningSink(retrying),
      burial,
      slots,
      events: told,
      onFree: (bulk: Bulk) => this.filler.recycle(bulk),
      ...again,
    })
    this.filler = new Filler({ limits, maxAgeMs, delivery: this.delivery, poolSize: inFlight + 1 })
  }

  /** Drops all that is under way; leaves no timer behind. The sink stays the caller's. */
  close(): void {
    this.filler.close()
    this.delivery.close()
  }
}
