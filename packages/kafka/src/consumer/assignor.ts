import type { GroupAssignment } from '@platformatic/kafka'

/** The name under which Kafka's own clients offer this strategy too. */
export const assignorName = 'roundrobin'

export interface Subscription {
  memberId: string
  topics: readonly string[]
}

/**
 * Deals all partitions, in order of topic and number, to the members in order of their ids, each to the next member that
 * subscribed to the topic. Every member gets an entry; every partition of a subscribed topic exactly one owner.
 */
export function assignRoundRobin(
  subscriptions: readonly Subscription[],
  counts: ReadonlyMap<string, number>,
): Map<string, GroupAssignment[]> {
  const members = [...subscriptions].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const owned = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  let turn = 0
  for (const topic of [...counts.keys()].sort()) {
    const takers = members.map(({ topics }) => topics.includes(topic))
    if (!takers.includes(true)) continue
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      while (!takers[turn % members.length]) turn++
      const taker = members[turn++ % members.length] as Subscription
      const topics = owned.get(taker.memberId) as Map<string, number[]>
      const partitions = topics.get(topic)
      if (partitions === undefined) topics.set(topic, [partition])
      else partitions.push(partition)
    }
  }
  return new Map(
    [...owned].map(([memberId, topics]) => [
      memberId,
      [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    ]),
  )
}
