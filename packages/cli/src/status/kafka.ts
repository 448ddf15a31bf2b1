import { Cluster, partitionKey, type TopicPartition } from '@logpipe/kafka'
import { sentence } from '@logpipe/runtime/terminal'
import { patiently } from '../kafka/patiently.ts'
import type { CliSettings } from '../settings.ts'
import { answerMs, type KafkaState, type TopicState } from './report.ts'

/** What Kafka says of its brokers, its topics and the group's lag. Never rejects: what failed is the `problem`. */
export async function kafkaState(settings: NonNullable<CliSettings['kafka']>, group: string): Promise<KafkaState> {
  const cluster = new Cluster({
    ...settings,
    clientId: 'logctl',
    connectTimeoutMs: answerMs / 2,
    requestTimeoutMs: answerMs,
  })
  const signal = AbortSignal.timeout(answerMs * 2)
  const state: KafkaState = { addresses: [...settings.brokers], healthy: false, group }
  try {
    await cluster.ping(signal)
    state.brokers = cluster.brokerCount()
    state.topics = await patiently(() => topicStates(cluster, group, signal), signal)
    state.healthy = true
  } catch (error) {
    state.problem = sentence(error)
  } finally {
    await cluster.close()
  }
  return state
}

async function topicStates(cluster: Cluster, group: string, signal: AbortSignal): Promise<TopicState[]> {
  const names = (await cluster.topics(signal)).sort()
  const partitions: TopicPartition[] = []
  for (const topic of names) {
    const count = await cluster.partitionCount(topic, signal)
    for (let partition = 0; partition < count; partition++) partitions.push({ topic, partition })
  }
  if (partitions.length === 0) return []
  const [earliest, latest, committed] = await Promise.all([
    cluster.listOffsets(partitions, 'earliest', signal),
    cluster.listOffsets(partitions, 'latest', signal),
    cluster.committedOffsets(group, partitions, signal),
  ])
  const states = new Map(names.map((topic): [string, TopicState] => [topic, { topic, partitions: 0, records: 0 }]))
  const isRead = new Set(
    partitions.filter((at) => committed.has(partitionKey(at.topic, at.partition))).map(({ topic }) => topic),
  )
  for (const at of partitions) {
    const state = states.get(at.topic)
    if (state === undefined) continue
    const first = earliest.get(partitionKey(at.topic, at.partition)) ?? 0
    const end = latest.get(partitionKey(at.topic, at.partition)) ?? first
    state.partitions++
    state.records += end - first
    // A partition of a topic that is read, without a commit yet, is read from its first record.
    if (isRead.has(at.topic))
      state.lag =
        (state.lag ?? 0) + end - Math.max(first, committed.get(partitionKey(at.topic, at.partition))?.offset ?? first)
  }
  return [...states.values()]
}
