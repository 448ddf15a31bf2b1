import { progressTopicConfigs } from '@logpipe/config'
import { type Cluster, encodeRecords, Producer, type TopicOptions } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError, untilAborted } from '@logpipe/runtime'
import type { ProgressSink } from '../sink.ts'

/** How long one record may take; the next one has newer. */
const usualPutMs = 10_000
/** A key stays where it is when somebody adds partitions. */
const partition = 0

/**
 * ProgressSink on a compacted topic, made where it is missing. Its records share a connection with lines, so only the leader acknowledges them, which it does
 * at once: nothing waits behind them.
 */
export class ProgressTopic implements ProgressSink {
  readonly #cluster: Cluster
  readonly #producer: Producer
  readonly #topic: string
  readonly #options: TopicOptions
  readonly #putMs: number

  /** `replication`: of the topic where it is made here. The cluster stays the caller's. */
  constructor(cluster: Cluster, topic: string, replication: TopicOptions['replication'], putMs = usualPutMs) {
    this.#putMs = putMs
    this.#cluster = cluster
    this.#producer = new Producer(cluster, { acks: 1 })
    this.#topic = topic
    this.#options = { partitions: 1, replication, configs: progressTopicConfigs }
  }

  async put(key: string, value: string, signal: AbortSignal): Promise<void> {
    const record = { key: Buffer.from(key), value: Buffer.from(value) }
    const either = AbortSignal.any([signal, AbortSignal.timeout(this.#putMs)])
    try {
      await untilAborted(this.#cluster.ensureTopic(this.#topic, this.#options, either), either)
      await this.#producer.send(this.#topic, partition, await encodeRecords([record], 'zstd'), either)
    } catch (cause) {
      if (signal.aborted || !isLogpipeError(cause, 'aborted')) throw cause
      const why = this.#producer.trouble(this.#topic)?.message ?? 'it gives no reason.'
      const message = `Kafka took nothing for topic ${this.#topic} within ${this.#putMs / 1_000} s: ${why}`
      throw new LogpipeError('kafka_unavailable', message, { cause, retriable: true })
    }
  }

  /** Stops; what is not acknowledged is rejected with `aborted`. */
  close(): void {
    this.#producer.close()
  }
}
