import { describeError, isLogpipeError, type Logger, type Metrics } from '@logpipe/runtime'

/** What passes by itself is said only when it lasts: the lines' own topics tell of Kafka sooner. */
const patienceMs = 60_000

/** What is logged and counted of an agent's progress records. */
export class ProgressEvents {
  readonly #log: Logger
  readonly #topic: string
  readonly #records: ReturnType<Metrics['counter']>
  readonly #failures: ReturnType<Metrics['counter']>
  #failingSince: number | null = null
  #hasSaid = false

  constructor(log: Logger, metrics: Metrics, topic: string) {
    this.#log = log
    this.#topic = topic
    this.#records = metrics.counter('progress_records_total', 'Records of the files written to the progress topic.')
    this.#failures = metrics.counter('progress_failures_total', 'Records of the files that could not be written.')
  }

  written(): void {
    this.#records.inc()
    this.#failingSince = null
    if (!this.#hasSaid) return
    this.#hasSaid = false
    this.#log.info('The progress of files is written again', { topic: this.#topic })
  }

  /** It could not be written at `now` (monotonic, milliseconds): said once until it can. */
  failed(error: unknown, now: number): void {
    this.#failures.inc()
    this.#failingSince ??= now
    const passes = isLogpipeError(error) && error.retriable && now - this.#failingSince < patienceMs
    if (passes || this.#hasSaid) return
    this.#hasSaid = true
    this.#log.warn(
      "The progress of files cannot be written, so logctl files does not show it; collecting goes on. Give this agent's user the rights WRITE and CREATE on the topic, or set kafka.progressMs to 0",
      { topic: this.#topic, reason: describeError(error) },
    )
  }
}
