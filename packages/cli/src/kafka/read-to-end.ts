import type { Cluster, TopicReader } from '@logpipe/kafka'
import { partitionKey } from '@logpipe/kafka'
import { readRecords, type WholeRecord } from './read-records.ts'

/** Yields all records that the topic holds now, partition by partition, in order. Rejects with `kafka_topic_missing` where there is no such topic. */
export async function* readToEnd(
  { cluster, reader }: { cluster: Cluster; reader: TopicReader },
  topic: string,
  signal: AbortSignal,
): AsyncGenerator<WholeRecord, void, void> {
  const count = await cluster.partitionCount(topic, signal)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const [starts, ends] = await Promise.all([
    cluster.listOffsets(partitions, 'earliest', signal),
    cluster.listOffsets(partitions, 'latest', signal),
  ])
  for (const at of partitions) {
    const key = partitionKey(topic, at.partition)
    yield* readRecords(reader, at, starts.get(key) ?? 0, ends.get(key) ?? 0, signal)
  }
}
