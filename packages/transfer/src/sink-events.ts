import { type BoundedLabel, isLogpipeError, type Logger, type Metrics } from '@logpipe/runtime'
import type { Bulk } from './sink/bulk.ts'
import type { Outcome } from './sink/sink.ts'
import { Trouble } from './trouble.ts'

/** What is told of the requests to one sink; each metric names it. */
export class SinkEvents {
  /** As in the metrics: `elasticsearch`, `influxdb`. */
  readonly sink: string
  readonly #trouble = new Trouble()
  readonly #log: Logger
  readonly #types: BoundedLabel
  readonly #metrics: ReturnType<typeof defineMetrics>

  /** `types` bounds the names of errors, which come from the server. */
  constructor(sink: string, { log, metrics, types }: { log: Logger; metrics: Metrics; types: BoundedLabel }) {
    this.sink = sink
    this.#log = log
    this.#types = types
    this.#metrics = defineMetrics(metrics)
    // So that a rate can be told from the first one on.
    for (const counter of [this.#metrics.accepted, this.#metrics.existing, this.#metrics.retried])
      counter.inc({ sink }, 0)
  }

  /** Since when and why nothing is taken; null where something is. */
  get trouble(): string | null {
    return this.#trouble.text
  }

  bulkTried(seconds: number, bulk: Bulk, error: unknown): void {
    const { sink } = this
    this.#metrics.bulkSeconds.observe({ sink }, seconds)
    if (error === null) return
    this.#trouble.failed(error)
    this.#metrics.bulkFailures.inc({ sink, code: isLogpipeError(error) ? error.code : 'internal' })
    const facts = { sink, documents: bulk.count, attempts: bulk.attempts, error }
    this.#log.warn('A bulk request failed; it is sent again', facts)
  }

  bulkAnswered({ accepted, existing, retry, retryReason, rejected }: Outcome): void {
    const { sink } = this
    // What was refused unsent says nothing of the server.
    if (accepted > 0 || rejected.some(({ stage }) => stage === undefined)) this.#trouble.isWell()
    else if (retry.length > 0) this.#trouble.failed(retryReason)
    this.#metrics.accepted.inc({ sink }, accepted)
    if (existing > 0) this.#metrics.existing.inc({ sink }, existing)
    if (retry.length > 0) {
      this.#metrics.retried.inc({ sink }, retry.length)
      const facts = { sink, documents: retry.length, reason: retryReason }
      this.#log.warn('Documents were turned away for now; they are sent again', facts)
    }
    for (const { type, reason } of rejected) {
      this.#metrics.rejected.inc({ sink, type: this.#types.label(type) })
      this.#log.warn('A document was refused; its record goes to the dead letters', { sink, type, reason })
    }
  }

  recordsAccepted(oldestLatencyMs: number): void {
    this.#metrics.latency.observe({ sink: this.sink }, Math.max(oldestLatencyMs, 0) / 1_000)
  }
}

function defineMetrics(metrics: Metrics) {
  const of = ['sink'] as const
  return {
    bulkSeconds: metrics.histogram('bulk_duration_seconds', 'Time of one bulk request.', of),
    bulkFailures: metrics.counter('bulk_failures_total', 'Bulk requests of which nothing is known.', ['sink', 'code']),
    accepted: metrics.counter(
      'documents_accepted_total',
      'Documents that Elasticsearch has, and records that InfluxDB has.',
      of,
    ),
    existing: metrics.counter('documents_existing_total', 'Of those, documents that were there before.', of),
    retried: metrics.counter('documents_retried_total', 'Documents turned away for now.', of),
    rejected: metrics.counter('documents_rejected_total', 'Documents refused for good.', ['sink', 'type']),
    latency: metrics.histogram(
      'accept_latency_seconds',
      'From reading the oldest line of a batch to its acceptance.',
      of,
    ),
  }
}
