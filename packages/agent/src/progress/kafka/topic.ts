import { progressTopicConfigs } from '@logpipe/config'
import type { Cluster, TopicOptions } from '@logpipe/kafka'
import { TopicWriter } from '../../deliver/kafka/topic-writer.ts'
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
  readonly #writer: TopicWriter

  /** `replication`: of the topic where it is made here. The cluster stays the caller's. */
  constructor(cluster: Cluster, topic: string, replication: TopicOptions['replication'], putMs = usualPutMs) {
    const make = { partitions: 1, replication, configs: progressTopicConfigs }
    this.#writer = new TopicWriter(cluster, topic, { make, acks: 1, sendMs: putMs })
  }

  async put(key: string, value: string, signal: AbortSignal): Promise<void> {
    await this.#writer.send(() => partition, [{ key: Buffer.from(key), value: Buffer.from(value) }], signal)
  }

  /** Stops; what is not acknowledged is rejected with `aborted`. */
  close(): void {
    this.#writer.close()
  }
}
