import { sleep } from '@logpipe/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import type { AssignedPartition } from './assigned-partition.ts'

/**
 * Keeps `logEnd` of the partitions up to date, until `signal` aborts: every fetch tells it, and of those that were not fetched from for `everyMs` the leaders
 * are asked. So the lag of a partition whose owner pauses goes on growing. Topic by topic: one that has no leader hides the end of no other. Never rejects.
 */
export async function followLogEnds(
  cluster: Pick<Cluster, 'listOffsets' | 'log'>,
  partitions: readonly Pick<AssignedPartition, 'topic' | 'partition' | 'logEndAtMs' | 'foundLogEnd'>[],
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const topics = Map.groupBy(partitions, ({ topic }) => topic)
  while (!signal.aborted) {
    await sleep(everyMs, signal).catch(() => undefined)
    for (const [topic, all] of topics) {
      const askedAtMs = performance.now()
      const quiet = all.filter(({ logEndAtMs }) => askedAtMs - logEndAtMs >= everyMs)
      if (quiet.length === 0 || signal.aborted) continue
      try {
        const ends = await cluster.listOffsets(quiet, 'latest', signal)
        for (const partition of quiet) {
          const end = ends.get(partitionKey(topic, partition.partition)) ?? -1
          if (end >= 0) partition.foundLogEnd(end, askedAtMs)
        }
      } catch (error) {
        // It is a figure: whatever goes wrong here must not end who fetches.
        if (signal.aborted) return
        cluster.log.debug('The end of a topic is not known; it is asked again.', { topic, error })
      }
    }
  }
}
