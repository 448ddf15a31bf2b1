import { Backoff, LogpipeError, isLogpipeError } from '@logpipe/runtime'
import { createTopicsV7, deleteRecordsV2, deleteTopicsV6 } from '@platformatic/kafka'
import { protocolNameOf } from '../errors.ts'
import type { TopicPartition } from '../types.ts'
import type { Cluster } from './cluster.ts'

export interface TopicOptions {
  partitions: number
  /** `auto`: three, or as many as there are brokers where they are fewer. */
  replication: number | 'auto'
  configs?: Record<string, string>
}

/** How long a fresh topic may take to have leaders everywhere. */
const topicReadyMs = 30_000
const requestTimeoutMs = 20_000

/** Creates the topic; resolves also where somebody else has just done so. */
export async function createTopic(cluster: Cluster, name: string, options: TopicOptions): Promise<void> {
  const { partitions } = options
  const replicationFactor = options.replication === 'auto' ? Math.min(3, cluster.brokerCount()) : options.replication
  const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value }))
  const topic = { name, numPartitions: partitions, replicationFactor, assignments: [], configs }
  const what = `Creating topic ${name}`
  try {
    await cluster.askAny(what, (broker) =>
      cluster.connections.request(broker, 'control', createTopicsV7.api, [[topic], requestTimeoutMs, false], what),
    )
    // One copy is right for one broker; with more, the others may just not be up yet, and it stays so.
    const level = replicationFactor === 1 ? 'warn' : 'info'
    cluster.log[level]('Topic created', { topic: name, partitions, replicationFactor, brokers: cluster.brokerCount() })
  } catch (error) {
    if (protocolNameOf(error) !== 'TOPIC_ALREADY_EXISTS') throw error
  }
}

/** Resolves to the number of partitions once each of them has a leader. */
export async function awaitLeaders(cluster: Cluster, name: string, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + topicReadyMs
  const backoff = new Backoff({ baseMs: 20, maxMs: 500 })
  for (;;) {
    await cluster.metadata.refresh([name])
    const partitions = cluster.metadata.cached(name)?.partitions
    if (partitions !== undefined && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) {
      return partitions.length
    }
    if (performance.now() > deadline) {
      const message = `Topic ${name} was created but has partitions without a leader after ${topicReadyMs / 1000} s.`
      throw new LogpipeError('kafka_unavailable', message, { retriable: true })
    }
    await backoff.wait(signal)
  }
}

/** Deletes the topic; resolves also where there is none. */
export async function deleteTopic(cluster: Cluster, name: string): Promise<void> {
  const what = `Deleting topic ${name}`
  try {
    await cluster.askAny(what, (broker) =>
      cluster.connections.request(broker, 'control', deleteTopicsV6.api, [[{ name }], requestTimeoutMs], what),
    )
  } catch (error) {
    if (!isLogpipeError(error, 'kafka_topic_missing')) throw error
  }
}

/** Asks the partition's leader to delete all records before `offset`. */
export async function deleteRecords(
  cluster: Cluster,
  leader: number,
  { topic, partition }: TopicPartition,
  offset: number,
): Promise<void> {
  const what = `Deleting records of topic ${topic}, partition ${partition}`
  const broker = cluster.metadata.broker(leader)
  if (broker === undefined)
    throw new LogpipeError('kafka_unavailable', `${what}: its broker is away.`, { retriable: true })
  const asked = [{ name: topic, partitions: [{ partitionIndex: partition, offset: BigInt(offset) }] }]
  await cluster.connections.request(broker, 'control', deleteRecordsV2.api, [asked, requestTimeoutMs], what)
}
