import { describeError, type Logger, type Metrics } from '@logpipe/runtime'
import { LastingFailure } from '../lasting-failure.ts'

/** What is logged and counted of an agent's progress records. */
export class ProgressEvents {
  readonly #log: Logger
  readonly #topic: string
  readonly #records: ReturnType<Metrics['counter']>
  readonly #failures: ReturnType<Metrics['counter']>
  readonly #failure = new LastingFailure()

  constructor(log: Logger, metrics: Metrics, topic: string) {
    this.#log = log
    this.#topic = topic
    this.#records = metrics.counter('progress_records_total', 'Records of the files written to the progress topic.')
    this.#failures = metrics.counter('progress_failures_total', 'Records of the files that could not be written.')
  }

  written(): void {
    this.#records.inc()
    if (this.#failure.isOver()) this.#log.info('The progress of files is written again', { topic: this.#topic })
  }

  /** It could not be written at `now` (monotonic, milliseconds): said once until it can. */
  failed(error: unknown, now: number): void {
    this.#failures.inc()
    if (!this.#failure.failed(error, now)) return
    this.#log.warn(
      "The progress of files cannot be written, so logctl files does not show it; collecting goes on. Give this agent's user the rights WRITE and CREATE on the topic, or set kafka.progressMs to 0",
      { topic: this.#topic, reason: describeError(error) },
    )
  }
}
