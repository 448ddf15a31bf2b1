import { Cluster } from '@logpipe/kafka'
import { sentence } from '@logpipe/runtime/terminal'
import { patiently } from '../kafka/patiently.ts'
import { groupLag } from '../lag/group-lag.ts'
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
  const states = new Map<string, TopicState>()
  for (const { topic, first, end, lag } of await groupLag(cluster, group, () => true, signal)) {
    const state = states.get(topic) ?? { topic, partitions: 0, records: 0 }
    states.set(topic, state)
    state.partitions++
    state.records += end - first
    if (lag !== null) state.lag = (state.lag ?? 0) + lag
  }
  return [...states.values()]
}
