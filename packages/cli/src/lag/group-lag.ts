import { type Cluster, partitionKey, type TopicPartition } from '@logpipe/kafka'

/** How far a group is in one partition. */
export interface PartitionLag extends TopicPartition {
  /** The oldest offset that the partition still holds. */
  first: number
  /** The offset behind its last record. */
  end: number
  /** The next offset that the group reads, as far as it has committed; null: it has not. */
  committed: number | null
  /** Records that the group has still to read; null where it reads none of this topic. */
  lag: number | null
}

/** Where a group stands in all partitions of the topics that are wanted, by topic and partition. A topic that is gone meanwhile rejects. */
export async function groupLag(
  cluster: Cluster,
  group: string,
  isWanted: (topic: string) => boolean,
  signal: AbortSignal,
): Promise<PartitionLag[]> {
  const names = (await cluster.topics(signal)).filter(isWanted).sort()
  const partitions: TopicPartition[] = []
  for (const topic of names) {
    const count = await cluster.partitionCount(topic, signal)
    for (let partition = 0; partition < count; partition++) partitions.push({ topic, partition })
  }
  if (partitions.length === 0) return []
  const [firsts, ends, commits] = await Promise.all([
    cluster.listOffsets(partitions, 'earliest', signal),
    cluster.listOffsets(partitions, 'latest', signal),
    cluster.committedOffsets(group, partitions, signal),
  ])
  const keyOf = ({ topic, partition }: TopicPartition): string => partitionKey(topic, partition)
  const isRead = new Set(partitions.filter((at) => commits.has(keyOf(at))).map(({ topic }) => topic))
  return partitions.map((at) => {
    const first = firsts.get(keyOf(at)) ?? 0
    const end = ends.get(keyOf(at)) ?? first
    const committed = commits.get(keyOf(at))?.offset ?? null
    return { ...at, first, end, committed, lag: isRead.has(at.topic) ? waiting(first, end, committed) : null }
  })
}

/** A partition without a commit is read from its first record; offsets of a topic that was made anew may be beyond its end. */
function waiting(first: number, end: number, committed: number | null): number {
  return Math.max(0, end - Math.max(first, committed ?? first))
}
