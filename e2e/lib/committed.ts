import type { Cluster } from '@logpipe/kafka'

/** True when the group, by default that of the topic's name, has committed all that is in the topic; throws what it has until then. */
export async function isCommitted(cluster: Cluster, topic: string, group = topic): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000)
  const count = await cluster.partitionCount(topic, signal)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const ends = await cluster.listOffsets(partitions, 'latest', signal)
  const committed = await cluster.committedOffsets(group, partitions, signal)
  for (const [key, end] of ends) {
    const offset = committed.get(key)?.offset ?? 0
    if (offset !== end) throw new Error(`${key} is committed up to ${offset} of ${end}`)
  }
  return true
}
