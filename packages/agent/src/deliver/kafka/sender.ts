import { deadLetterTopicConfigs } from '@logpipe/config'
import { type Cluster, type EncodedBatch, Producer, type TopicOptions } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import type { Acks, BatchSender, Target } from '../producer.ts'

const wireAcks = { all: -1, 1: 1, 0: 0 } as const

/** BatchSender on Kafka: a producer for each kind of acknowledgement that entries ask for, over one cluster. */
export class KafkaSender implements BatchSender {
  readonly #cluster: Cluster
  readonly #topicOptions: TopicOptions
  readonly #deadLetterSuffix: string
  readonly #producers = new Map<Acks, Producer>()

  /** `topicOptions`: how missing topics are made; those that end in `deadLetterSuffix` keep what they hold. The cluster stays the caller's. */
  constructor(cluster: Cluster, topicOptions: TopicOptions, deadLetterSuffix: string) {
    this.#cluster = cluster
    this.#topicOptions = topicOptions
    this.#deadLetterSuffix = deadLetterSuffix
  }

  /** Batches sent again so far. */
  get retries(): number {
    return [...this.#producers.values()].reduce((sum, { retries }) => sum + retries, 0)
  }

  async partitions(topic: string, signal: AbortSignal): Promise<number> {
    const configs = topic.endsWith(this.#deadLetterSuffix) ? { configs: deadLetterTopicConfigs } : {}
    return await this.#cluster.ensureTopic(topic, { ...this.#topicOptions, ...configs }, signal)
  }

  async send({ topic, partition, acks }: Target, batch: EncodedBatch, signal: AbortSignal): Promise<void> {
    let producer = this.#producers.get(acks)
    if (producer === undefined) {
      producer = new Producer(this.#cluster, { acks: wireAcks[acks] })
      this.#producers.set(acks, producer)
    }
    await producer.send(topic, partition, batch, signal)
  }

  trouble(topic: string): string | null {
    for (const producer of this.#producers.values()) {
      const error = producer.trouble(topic)
      if (error !== null) return describeError(error)
    }
    return null
  }

  /** Stops; what is not acknowledged is rejected with `aborted`. */
  close(): void {
    for (const producer of this.#producers.values()) producer.close()
  }
}
