import { type Cluster, GroupConsumer } from '@logpipe/kafka'

/**
 * Makes a consumer group that stands at the beginning of a topic, as one that has stopped in good order: nothing it would read was sent
 * before, so nothing of it is suspect. Resolves when its offsets are stored.
 */
export async function makeGroup(cluster: Cluster, group: string, topic: string, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const consumer = new GroupConsumer(cluster, { group, sessionTimeoutMs: 10_000 })
  const stored = Promise.withResolvers<void>()
  const running = consumer.run(
    {
      topics: [topic],
      onAssigned: (partitions) => {
        Promise.all(partitions.map((partition) => partition.commit(0, 'reserved=0'))).then(
          () => stored.resolve(),
          (error: unknown) => stored.reject(error),
        )
      },
      onRevoked: () => Promise.resolve(),
      onLost: () => stored.reject(new Error(`The group ${group} was lost before its offsets were stored.`)),
    },
    AbortSignal.any([signal, stop.signal]),
  )
  try {
    await Promise.race([stored.promise, running])
  } finally {
    stop.abort()
    await running
  }
}
