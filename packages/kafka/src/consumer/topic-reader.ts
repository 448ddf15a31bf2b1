import { LogpipeError } from '@logpipe/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { Fetcher, type FetcherOptions } from './fetcher.ts'

/** A partition that is read without a group, from a given offset on. */
export type ReadPartition = Pick<AssignedPartition, 'topic' | 'partition' | 'position' | 'highWatermark' | 'fetch'>

/** Reads partitions without a group: nothing is committed and nobody else is disturbed. For tools: live tail, checks. */
export class TopicReader {
  readonly #cluster: Cluster
  readonly #fetcher: Fetcher

  /** The cluster stays the caller's, who closes it. */
  constructor(cluster: Cluster, { maxPartitionBytes = 1_048_576, maxWaitMs = 500 }: Partial<FetcherOptions> = {}) {
    this.#cluster = cluster
    this.#fetcher = new Fetcher(cluster, { maxPartitionBytes, maxWaitMs })
  }

  /** A partition whose first `fetch` begins at `offset`; nothing is asked of Kafka yet. Single owner. */
  open(topic: string, partition: number, offset: number): ReadPartition {
    const group = {
      fetcher: this.#fetcher,
      log: this.#cluster.log,
      earliest: async (name: string, index: number, signal: AbortSignal): Promise<number> => {
        const offsets = await this.#cluster.listOffsets([{ topic: name, partition: index }], 'earliest', signal)
        return offsets.get(partitionKey(name, index)) ?? 0
      },
      topicId: async (): Promise<null> => null,
      commit: async (): Promise<void> => {
        throw new LogpipeError('internal', 'A partition that is read without a group has nowhere to commit to.')
      },
    }
    return new AssignedPartition(group, topic, partition, { offset, metadata: '' })
  }
}
