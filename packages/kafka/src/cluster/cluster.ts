import { LogpipeError, type Logger, isLogpipeError, silentLogger, sleep } from '@logpipe/runtime'
import { findCoordinatorV4, listOffsetsV7, offsetFetchV8 } from '@platformatic/kafka'
import type { ClusterOptions, TopicPartition } from '../types.ts'
import { type BrokerAddress, Connections, noBrokerAnswers, parseBroker } from './connections.ts'
import { Metadata } from './metadata.ts'
import { coordinatorFrom, partitionKey, unwrap } from './responses.ts'
import { type TopicOptions, awaitLeaders, createTopic, deleteRecords, deleteTopic } from './topics.ts'

/** A committed position in a group, and the text that was committed with it. */
export interface Committed {
  offset: number
  metadata: string
}

/**
 * The Kafka cluster as producer, consumer and tools see it: brokers, topics, leaders, offsets. Shared by all of a process;
 * calls retry nothing unless they say so.
 */
export class Cluster {
  readonly connections: Connections
  readonly metadata: Metadata
  readonly log: Logger
  readonly #bootstrap: readonly BrokerAddress[]

  constructor(options: ClusterOptions & { log?: Logger }) {
    this.#bootstrap = options.brokers.map(parseBroker)
    this.log = options.log ?? silentLogger
    this.connections = new Connections(options)
    this.metadata = new Metadata(this.connections, this.#bootstrap)
  }

  brokerCount(): number {
    return this.metadata.brokerCount
  }

  /** Resolves when a broker answered; rejects with `kafka_unavailable`, naming who was asked, when none does. */
  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await this.metadata.refresh([])
  }

  /** Names of all topics that are not Kafka's own. */
  async topics(signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted()
    return await this.metadata.listTopics()
  }

  /** How many partitions the topic has; rejects with `kafka_topic_missing` where there is no such topic. */
  async partitionCount(topic: string, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    return (await this.metadata.topic(topic)).partitions.length
  }

  /** Makes sure that the topic exists and all its partitions have leaders; resolves to the number of partitions. */
  async ensureTopic(name: string, options: TopicOptions, signal: AbortSignal): Promise<number> {
    try {
      return await this.partitionCount(name, signal)
    } catch (error) {
      if (!isLogpipeError(error, 'kafka_topic_missing')) throw error
    }
    await createTopic(this, name, options)
    return await awaitLeaders(this, name, signal)
  }

  /** Deletes the topic and all it holds; resolves also where there is none. Brokers clean up some time later. */
  async deleteTopic(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await deleteTopic(this, name)
  }

  /**
   * First (`earliest`) or next (`latest`) offset of each partition, or that of its first record from `sinceMs` on (−1 where there is
   * none), keyed `topic:partition`.
   */
  async listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | { sinceMs: number },
    signal: AbortSignal,
  ): Promise<Map<string, number>> {
    const byLeader = Map.groupBy(await this.#withLeaders(partitions, signal), ({ leader }) => leader)
    const offsets = new Map<string, number>()
    const timestamp = typeof at === 'object' ? BigInt(Math.max(0, at.sinceMs)) : at === 'earliest' ? -2n : -1n
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const broker = this.metadata.broker(leader)
        if (broker === undefined)
          throw new LogpipeError('kafka_unavailable', `Broker ${leader} is away.`, { retriable: true })
        const topics = [...Map.groupBy(led, ({ topic }) => topic)].map(([name, group]) => ({
          name,
          partitions: group.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })),
        }))
        const what = 'Asking for offsets'
        const response = await this.connections.request(broker, 'control', listOffsetsV7.api, [-1, 0, topics], what)
        for (const topic of response.topics) {
          for (const p of topic.partitions) offsets.set(partitionKey(topic.name, p.partitionIndex), Number(p.offset))
        }
      }),
    )
    return offsets
  }

  /** Deletes all records of the partition before `offset` for good. Rejects with `kafka_rejected` where the topic does not allow it. */
  async deleteRecords({ topic, partition }: TopicPartition, offset: number, signal: AbortSignal): Promise<void> {
    const [at] = await this.#withLeaders([{ topic, partition }], signal)
    await deleteRecords(this, at?.leader ?? -1, { topic, partition }, offset)
  }

  async #withLeaders(
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<(TopicPartition & { leader: number })[]> {
    signal.throwIfAborted()
    await this.metadata.refresh(new Set(partitions.map(({ topic }) => topic)))
    return partitions.map(({ topic, partition }) => {
      const leader = this.metadata.cached(topic)?.partitions.find((p) => p.partition === partition)?.leader ?? -1
      if (leader < 0) {
        throw new LogpipeError('kafka_unavailable', `Topic ${topic}, partition ${partition} has no leader.`, {
          retriable: true,
        })
      }
      return { topic, partition, leader }
    })
  }

  /** What the group has committed, keyed `topic:partition`; partitions without a commit are left out. */
  async committedOffsets(
    group: string,
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<Map<string, Committed>> {
    signal.throwIfAborted()
    const coordinator = await this.coordinator(group)
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, rows]) => ({
      name,
      partitionIndexes: rows.map(({ partition }) => partition),
    }))
    const what = `Reading the offsets of group ${group}`
    const asked = [{ groupId: group, memberEpoch: -1, topics }]
    const response = await this.connections.request(coordinator, 'control', offsetFetchV8.api, [asked, false], what)
    const committed = new Map<string, Committed>()
    for (const { name, partitions: rows } of response.groups[0]?.topics ?? []) {
      for (const row of rows) {
        unwrap(row.errorCode, what)
        if (row.committedOffset < 0n) continue
        committed.set(partitionKey(name, row.partitionIndex), {
          offset: Number(row.committedOffset),
          metadata: row.metadata ?? '',
        })
      }
    }
    return committed
  }

  /** The broker that coordinates this group. */
  async coordinator(group: string): Promise<BrokerAddress> {
    const what = `Finding the coordinator of group ${group}`
    const response = await this.askAny(what, (broker) =>
      this.connections.request(broker, 'metadata', findCoordinatorV4.api, [0, [group]], what),
    )
    return coordinatorFrom(response, what)
  }

  /** Asks one broker after the other until one answers. */
  async askAny<T>(what: string, ask: (broker: BrokerAddress) => Promise<T>): Promise<T> {
    const candidates = this.metadata.candidates()
    let last: unknown
    for (const broker of candidates) {
      try {
        return await ask(broker)
      } catch (error) {
        if (!isLogpipeError(error, 'kafka_unavailable')) throw error
        this.log.debug(`${what} failed.`, { broker: `${broker.host}:${broker.port}`, error })
        last = error
      }
    }
    throw noBrokerAnswers(candidates, last)
  }

  /** Waits, saying so every few seconds through `onWaiting`, until a broker answers. */
  async waitUntilUp(onWaiting: (error: LogpipeError) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.ping(signal)
      } catch (error) {
        if (signal.aborted || !isLogpipeError(error) || !error.retriable) throw error
        onWaiting(error)
        await sleep(3_000, signal)
      }
    }
  }

  /** Closes all connections; whatever is in flight fails. */
  async close(): Promise<void> {
    await this.connections.close()
  }
}
