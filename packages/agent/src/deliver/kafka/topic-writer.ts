import { type Cluster, encodeRecords, type PlainRecord, Producer, type TopicOptions } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError, untilAborted } from '@logpipe/runtime'

export interface TopicWriterOptions {
  /** How the topic is made where it is missing. */
  make: TopicOptions
  /** 1: the leader alone; −1: all in-sync replicas. */
  acks: 1 | -1
  /** How long the leader may wait for the replicas. Default: the producer's. */
  ackTimeoutMs?: number
  /** How long one batch may take. */
  sendMs: number
}

/** Writes what the agent itself has to say to a topic of its own, apart from lines. One owner; the cluster stays the caller's. */
export class TopicWriter {
  readonly #cluster: Cluster
  readonly #producer: Producer
  readonly #topic: string
  readonly #options: TopicWriterOptions

  constructor(cluster: Cluster, topic: string, options: TopicWriterOptions) {
    this.#cluster = cluster
    const { acks, ackTimeoutMs } = options
    this.#producer = new Producer(cluster, { acks, ...(ackTimeoutMs !== undefined && { ackTimeoutMs }) })
    this.#topic = topic
    this.#options = options
  }

  /**
   * Writes these records, at least one, as one batch to the partition that `choose` picks of so many; makes the topic where it is missing. Resolves when
   * they are acknowledged. Rejects with a reason after `sendMs` at the latest, and then tries no further: nothing is known of the batch. Rejects with
   * `aborted` when `signal` aborts.
   */
  async send(
    choose: (partitions: number) => number,
    records: readonly PlainRecord[],
    signal: AbortSignal,
  ): Promise<void> {
    const { make, sendMs } = this.#options
    const either = AbortSignal.any([signal, AbortSignal.timeout(sendMs)])
    try {
      const partitions = await untilAborted(this.#cluster.ensureTopic(this.#topic, make, either), either)
      await this.#producer.send(this.#topic, choose(partitions), await encodeRecords(records, 'zstd'), either)
    } catch (cause) {
      if (signal.aborted || !isLogpipeError(cause, 'aborted')) throw cause
      const why = this.#producer.trouble(this.#topic)?.message ?? 'it gives no reason.'
      const message = `Kafka took nothing for topic ${this.#topic} within ${sendMs / 1_000} s: ${why}`
      throw new LogpipeError('kafka_unavailable', message, { cause, retriable: true })
    }
  }

  /** Stops; what is not acknowledged is rejected with `aborted`. */
  close(): void {
    this.#producer.close()
  }
}
