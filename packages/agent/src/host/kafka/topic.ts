import type { Cluster, TopicOptions } from '@logpipe/kafka'
import { partitionOf } from '../../deliver/partition.ts'
import { TopicWriter } from '../../deliver/kafka/topic-writer.ts'
import type { PointSink } from '../sink.ts'

/** How long one batch may take at most; the next one has newer. */
const maxSendMs = 10_000
/**
 * A broker takes no further request of a connection while one waits for replicas, and lines share it: so it gives up waiting soon, and the batch is
 * tried again behind them.
 */
const ackTimeoutMs = 1_000

/** PointSink on a topic that all in-sync replicas acknowledge, made where it is missing. Points of one key are in one partition. */
export class PointTopic implements PointSink {
  readonly #writer: TopicWriter

  /** `make`: how the topic is made. `everyMs`: how often there is something to send. The cluster stays the caller's. */
  constructor(cluster: Cluster, topic: string, make: TopicOptions, everyMs: number) {
    const sendMs = Math.min(everyMs, maxSendMs)
    this.#writer = new TopicWriter(cluster, topic, { make, acks: -1, ackTimeoutMs, sendMs })
  }

  async write(key: string, points: readonly string[], timestampMs: number, signal: AbortSignal): Promise<void> {
    const name = Buffer.from(key)
    const records = points.map((point) => ({ key: name, value: Buffer.from(point), timestampMs }))
    await this.#writer.send((partitions) => partitionOf(name, partitions), records, signal)
  }

  /** Stops; what is not acknowledged is rejected with `aborted`. */
  close(): void {
    this.#writer.close()
  }
}
