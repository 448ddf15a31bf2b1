import type { Lane } from '../cluster/connections.ts'
import type { PartitionQueue } from './partition-queue.ts'

/**
 * Connections to each broker for batches. A broker takes one request of a connection at a time, so with one of them it reads while
 * nothing is appended and appends while nothing is read: two are 20 % faster (measured). A partition keeps to one: its batches stay in order.
 */
const roadsPerBroker = 2

/** The queues that send to one broker over one connection. */
export interface Road {
  readonly key: string
  readonly leader: number
  readonly lane: Lane
  readonly queues: PartitionQueue[]
}

/** Sorts queues by the connection that their batches take. `leaderOf` must know the leader of each. */
export function roadsOf(queues: Iterable<PartitionQueue>, leaderOf: (queue: PartitionQueue) => number): Road[] {
  const roads = new Map<string, Road>()
  for (const queue of queues) {
    const leader = leaderOf(queue)
    const lane: Lane = `produce-${queue.partition % roadsPerBroker}`
    const key = `${leader} ${lane}`
    const road = roads.get(key)
    if (road === undefined) roads.set(key, { key, leader, lane, queues: [queue] })
    else road.queues.push(queue)
  }
  return [...roads.values()]
}
