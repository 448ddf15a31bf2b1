import { describeError, type Logger, type Metrics } from '@logpipe/runtime'
import { LastingFailure } from '../lasting-failure.ts'
import type { CollectionEvents } from './collection.ts'

/** What is logged and counted of host metrics. */
export class HostEvents implements CollectionEvents {
  readonly #log: Logger
  readonly #topic: string | undefined
  readonly #records: ReturnType<Metrics['counter']>
  readonly #dropped: ReturnType<Metrics['counter']>
  readonly #failure = new LastingFailure()
  /** Collectors whose failure was said and is not over. */
  readonly #failing = new Set<string>()

  /** `topic`: of the records, where they are written. */
  constructor(log: Logger, metrics: Metrics, topic: string | undefined) {
    this.#log = log
    this.#topic = topic
    this.#records = metrics.counter('host_records_total', 'Records of host metrics that Kafka has acknowledged.')
    this.#dropped = metrics.counter(
      'host_records_dropped_total',
      'Records of host metrics that Kafka did not take in time.',
    )
  }

  absent(collector: string, reason: string): void {
    this.#log.info('This host does not have what a collector of host metrics reads; it is left out', {
      collector,
      reason,
    })
  }

  failed(collector: string, reason: string): void {
    if (this.#failing.has(collector)) return
    this.#failing.add(collector)
    this.#log.warn('A collector of host metrics fails; the others go on', { collector, reason })
  }

  worked(collector: string): void {
    if (this.#failing.delete(collector)) this.#log.info('A collector of host metrics works again', { collector })
  }

  written(records: number): void {
    this.#records.inc(records)
    if (this.#failure.isOver()) this.#log.info('Host metrics are written again', { topic: this.#topic })
  }

  /** They could not be written at `now` (monotonic, milliseconds): said once until they can. */
  dropped(records: number, error: unknown, now: number): void {
    this.#dropped.inc(records)
    if (!this.#failure.failed(error, now)) return
    this.#log.warn(
      "Host metrics cannot be written; lines and /metrics go on. Give this agent's user the rights WRITE and CREATE on the topic, or unset hostMetrics.topic",
      { topic: this.#topic, reason: describeError(error) },
    )
  }
}
