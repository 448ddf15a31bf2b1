import type { EncodedBatch } from '@logpipe/kafka'

/** How many brokers must have a batch before it counts. */
export type Acks = 'all' | 1 | 0

/** Where a batch goes. */
export interface Target {
  readonly topic: string
  readonly partition: number
  readonly acks: Acks
}

/** PORT: what takes batches to Kafka. */
export interface BatchSender {
  /**
   * How many partitions the topic has; makes it where it is missing. Rejects with `kafka_topic_forbidden`, `kafka_topic_missing`,
   * `kafka_unavailable` and other codes of Kafka's; calling again later is right after all of them.
   */
  partitions(topic: string, signal: AbortSignal): Promise<number>
  /**
   * Resolves when Kafka has the batch, as `acks` demands. Batches of one target are appended in the order of the calls; where one
   * is refused, those handed over behind it may be too. Waits for as long as Kafka is away. Rejects with `kafka_record_too_large`; with another code where Kafka refuses; with `aborted`.
   */
  send(target: Target, batch: EncodedBatch, signal: AbortSignal): Promise<void>
  /** Why nothing of the topic has been acknowledged for some seconds, in a sentence; null where nothing is wrong. */
  trouble(topic: string): string | null
}
