import { isLogpipeError } from '@logpipe/runtime'
import {
  createTopicsV7,
  describeConfigsV4,
  describeGroupsV5,
  describeLogDirsV4,
  metadataV12,
} from '@platformatic/kafka'
import { protocolErrorName, responseOf } from '../errors.ts'
import type { Cluster } from './cluster.ts'
import type { BrokerAddress } from './connections.ts'
import { unwrap } from './responses.ts'

/** What a user may do with a topic, a group; Kafka's operations by the bit that stands for them. */
const operations = { read: 3, write: 4, create: 5, delete: 6, alter: 7, describe: 8 } as const
export type KafkaRight = keyof typeof operations

/** A topic as it stands: how safe its records are, and what we may do with it. */
export interface TopicHealth {
  topic: string
  /** By partition number. `inSync` and `replicas` count brokers. */
  partitions: readonly { hasLeader: boolean; inSync: number; replicas: number }[]
  /** `min.insync.replicas`; null where we may not see it. */
  minInSync: number | null
  rights: ReadonlySet<KafkaRight>
}

/** A folder in which a broker keeps records; −1: it does not tell. */
export interface BrokerDisk {
  broker: string
  folder: string
  totalBytes: number
  usableBytes: number
}

/** What `metadata` and `describeConfigs` say of these topics; those that are gone are left out. Rejects as requests of the cluster do. */
export async function topicHealth(
  cluster: Cluster,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<TopicHealth[]> {
  if (topics.length === 0) return []
  signal.throwIfAborted()
  const what = 'Looking at topics'
  const answer = await despiteErrors<metadataV12.MetadataResponse>(
    cluster.askAny(what, (broker) =>
      cluster.connections.request(broker, 'control', metadataV12.api, [[...topics], false, true], what),
    ),
  )
  signal.throwIfAborted()
  const minInSync = await minInSyncOf(cluster, topics)
  return answer.topics.flatMap(({ name, errorCode, partitions, topicAuthorizedOperations }) => {
    if (name == null || (errorCode !== 0 && protocolErrorName(errorCode) !== 'LEADER_NOT_AVAILABLE')) return []
    return [
      {
        topic: name,
        partitions: partitions
          .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
          .map(({ leaderId, isrNodes, replicaNodes }) => ({
            hasLeader: leaderId >= 0,
            inSync: isrNodes.length,
            replicas: replicaNodes.length,
          })),
        minInSync: minInSync.get(name) ?? null,
        rights: rightsOf(topicAuthorizedOperations),
      },
    ]
  })
}

/**
 * These settings of these topics, also where they are the broker's defaults; without those that we may not see, and topics that are gone.
 * Rejects as requests of the cluster do.
 */
export async function topicSettings(
  cluster: Cluster,
  topics: readonly string[],
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  signal.throwIfAborted()
  return topics.length === 0 ? new Map() : await settingsOf(cluster, topics, names)
}

/** What we may do with this consumer group. Rejects with `kafka_topic_forbidden` where we may not even see it. */
export async function groupRights(
  cluster: Cluster,
  group: string,
  signal: AbortSignal,
): Promise<ReadonlySet<KafkaRight>> {
  signal.throwIfAborted()
  const what = `Looking at group ${group}`
  const coordinator = await cluster.coordinator(group)
  const answer = await despiteErrors<describeGroupsV5.DescribeGroupsResponse>(
    cluster.connections.request(coordinator, 'control', describeGroupsV5.api, [[group], true], what),
  )
  const [found] = answer.groups
  unwrap(found?.errorCode ?? 0, what)
  return rightsOf(found?.authorizedOperations ?? 0)
}

/** Whether the broker would let us create a topic of this name; it is only asked, none is created. */
export async function mayCreateTopic(cluster: Cluster, name: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  const what = `Asking whether topic ${name} may be created`
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  try {
    await cluster.askAny(what, (broker) =>
      cluster.connections.request(broker, 'control', createTopicsV7.api, [[topic], 10_000, true], what),
    )
    return true
  } catch (error) {
    if (isLogpipeError(error, 'kafka_topic_forbidden')) return false
    throw error
  }
}

/** The folders of every broker; empty where we may not see them (it takes DESCRIBE on the cluster). */
export async function brokerDisks(cluster: Cluster, signal: AbortSignal): Promise<BrokerDisk[]> {
  signal.throwIfAborted()
  const disks = await Promise.all(cluster.metadata.brokers().map((broker) => disksOf(cluster, broker)))
  return disks.flat()
}

async function disksOf(cluster: Cluster, broker: BrokerAddress): Promise<BrokerDisk[]> {
  const name = `${broker.host}:${broker.port}`
  // No topics: their sizes are not asked for.
  const answer = await despiteErrors<describeLogDirsV4.DescribeLogDirsResponse>(
    cluster.connections.request(broker, 'control', describeLogDirsV4.api, [[]], `Looking at the disks of ${name}`),
  )
  return answer.results.flatMap(({ errorCode, logDir, totalBytes, usableBytes }) =>
    errorCode === 0
      ? [{ broker: name, folder: logDir, totalBytes: Number(totalBytes), usableBytes: Number(usableBytes) }]
      : [],
  )
}

const topicResource = 2

async function minInSyncOf(cluster: Cluster, topics: readonly string[]): Promise<Map<string, number>> {
  const name = 'min.insync.replicas'
  const settings = await settingsOf(cluster, topics, [name])
  return new Map(
    [...settings].flatMap(([topic, values]): [string, number][] => {
      const value = Number(values.get(name) ?? Number.NaN)
      return Number.isInteger(value) ? [[topic, value]] : []
    }),
  )
}

async function settingsOf(
  cluster: Cluster,
  topics: readonly string[],
  names: readonly string[],
): Promise<Map<string, ReadonlyMap<string, string>>> {
  const what = `Asking for ${names.join(', ')}`
  const resources = topics.map((topic) => ({
    resourceType: topicResource,
    resourceName: topic,
    configurationKeys: [...names],
  })) as Parameters<typeof describeConfigsV4.createRequest>[0]
  const answer = await despiteErrors<describeConfigsV4.DescribeConfigsResponse>(
    cluster.askAny(what, (broker) =>
      cluster.connections.request(broker, 'control', describeConfigsV4.api, [resources, false, false], what),
    ),
  )
  return new Map(
    answer.results.map(({ resourceName, configs }) => [
      resourceName,
      new Map(configs.flatMap(({ name, value }): [string, string][] => (value == null ? [] : [[name, value]]))),
    ]),
  )
}

/** The library throws as soon as one part of an answer has an error; the other parts are wanted still. */
async function despiteErrors<Response>(request: Promise<Response>): Promise<Response> {
  try {
    return await request
  } catch (error) {
    const response = responseOf<Response>(error)
    if (response !== undefined) return response
    throw error
  }
}

function rightsOf(bits: number): ReadonlySet<KafkaRight> {
  const names = Object.keys(operations) as KafkaRight[]
  return new Set(names.filter((name) => (bits & (1 << operations[name])) !== 0))
}
