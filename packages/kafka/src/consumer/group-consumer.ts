import { Backoff, LogpipeError, abortedError, isLogpipeError, sleep } from '@logpipe/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import type { TopicPartition } from '../types.ts'
import { AssignedPartition, type PartitionGroup } from './assigned-partition.ts'
import { CommitQueue } from './commit-queue.ts'
import { Fetcher } from './fetcher.ts'
import { Generation } from './generation.ts'
import { followLogEnds } from './log-ends.ts'
import { type Joined, Membership } from './membership.ts'

export interface GroupConsumerOptions {
  group: string
  /** Silence after which the group counts a member as dead. Default 30,000. */
  sessionTimeoutMs?: number
  /** How long a rebalance waits for members that still drain. Default 60,000. */
  rebalanceTimeoutMs?: number
  heartbeatMs?: number
  /** Default 4 MiB. */
  maxPartitionBytes?: number
  /** How long a fetch waits for records where there are none. Default 250. */
  maxWaitMs?: number
  /** How often the leader looks for added partitions. Default 10,000. */
  partitionCheckMs?: number
  /** How often the end of a partition is asked for that is not fetched from. Default 5,000. */
  logEndCheckMs?: number
}

export interface GroupHandlers {
  /** The topics to consume; see also `setTopics`. */
  topics: readonly string[]
  /** These partitions are ours from now on. */
  onAssigned(partitions: readonly AssignedPartition[]): void
  /**
   * These partitions are to be given up: finish what is under way, commit, forget. Awaited before the group goes on, until
   * `signal` aborts; commits still count meanwhile.
   */
  onRevoked(partitions: readonly AssignedPartition[], signal: AbortSignal): Promise<void>
  /** These partitions are somebody else's already: drop what is under way; commits are refused. */
  onLost(partitions: readonly AssignedPartition[]): void
  /** Taking part in the group fails; it is tried on. */
  onUnsettled?(error: unknown): void
}

/**
 * A consumer of a group that hands out partitions instead of records. `run` joins, keeps the membership alive, rejoins
 * after every rebalance and leaves at the end; the handlers own the reading and committing.
 */
export class GroupConsumer {
  readonly #cluster: Cluster
  readonly #options: Required<GroupConsumerOptions>
  readonly #membership: Membership
  readonly #fetcher: Fetcher
  #topics: readonly string[] = []
  #onTopics: () => void = () => undefined

  constructor(cluster: Cluster, options: GroupConsumerOptions) {
    this.#cluster = cluster
    this.#options = {
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 60_000,
      heartbeatMs: 3_000,
      maxPartitionBytes: 4 * 1024 * 1024,
      maxWaitMs: 250,
      partitionCheckMs: 10_000,
      logEndCheckMs: 5_000,
      ...options,
    }
    this.#membership = new Membership(cluster, this.#options)
    this.#fetcher = new Fetcher(cluster, this.#options)
  }

  /** Changes what is consumed; the group rebalances where the list is another than before. */
  setTopics(topics: readonly string[]): void {
    const sorted = [...new Set(topics)].sort()
    if (sorted.join('\n') === this.#topics.join('\n')) return
    this.#topics = sorted
    this.#onTopics()
  }

  /**
   * Consumes until `signal` aborts; then revokes, leaves the group and resolves. Whatever passes (brokers away,
   * rebalances) or may be mended (a right that is missing) is waited out; rejects where it cannot pass.
   */
  async run(handlers: GroupHandlers, signal: AbortSignal): Promise<void> {
    this.setTopics(handlers.topics)
    const backoff = new Backoff({ baseMs: 100, maxMs: 5_000 })
    try {
      while (!signal.aborted) {
        try {
          await this.#awaitTopics(signal)
          await this.#runGeneration(handlers, signal)
          backoff.reset()
        } catch (error) {
          if (signal.aborted) break
          if (!isLogpipeError(error) || !passes(error)) throw error
          handlers.onUnsettled?.(error)
          this.#cluster.log.warn('The consumer group is unsettled; trying again.', {
            group: this.#options.group,
            error,
          })
          await backoff.wait(signal).catch(() => undefined)
        }
      }
    } finally {
      await this.#leave()
    }
  }

  async #awaitTopics(signal: AbortSignal): Promise<void> {
    while (this.#topics.length === 0) {
      if (signal.aborted) throw abortedError(signal)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onTopics = resolve
      const given = new AbortController()
      await Promise.race([promise, sleep(60_000, AbortSignal.any([signal, given.signal])).catch(() => undefined)])
      given.abort()
    }
  }

  /** From a join to the end of the generation it gives. */
  async #runGeneration(handlers: GroupHandlers, signal: AbortSignal): Promise<void> {
    const topics = this.#topics
    const joined = await this.#membership.join(topics, signal, handlers.onUnsettled)
    const generation = new Generation(this.#membership, joined, topics, this.#options)
    const commits = new CommitQueue(this.#cluster, this.#membership, this.#options.group, joined, (cause) =>
      generation.markLost(cause),
    )
    this.#onTopics = () => generation.end()
    if (this.#topics !== topics) generation.end()
    const over = new AbortController()
    try {
      const partitions = await this.#open(joined, commits, signal)
      try {
        handlers.onAssigned(partitions)
        const following = AbortSignal.any([over.signal, signal])
        void followLogEnds(this.#cluster, partitions, this.#options.logEndCheckMs, following)
        await generation.ended(signal)
        if (!generation.isLost) await this.#revoke(handlers, partitions, generation)
      } finally {
        for (const partition of partitions) partition.deactivate()
        if (generation.isLost) {
          const { group } = this.#options
          this.#cluster.log.warn('Partitions lost to the group.', { group, error: generation.lost.reason })
          handlers.onLost(partitions)
        }
      }
    } finally {
      over.abort()
      commits.close()
      await generation.close()
    }
  }

  /** Makes the partitions of this generation, each with what the group has committed. */
  async #open(joined: Joined, commits: CommitQueue, signal: AbortSignal): Promise<AssignedPartition[]> {
    const assigned: TopicPartition[] = joined.assignments.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    const { group } = this.#options
    const { generationId, isLeader } = joined
    this.#cluster.log.info('Partitions assigned.', { group, generationId, isLeader, partitions: assigned.length })
    if (assigned.length === 0) return []
    const committed = await this.#cluster.committedOffsets(group, assigned, signal)
    const view: PartitionGroup = {
      fetcher: this.#fetcher,
      log: this.#cluster.log,
      earliest: async (topic, partition, s) => {
        const offsets = await this.#cluster.listOffsets([{ topic, partition }], 'earliest', s)
        const offset = offsets.get(partitionKey(topic, partition))
        if (offset !== undefined && offset >= 0) return offset
        const message = `Topic ${topic}, partition ${partition} did not tell its first offset.`
        throw new LogpipeError('kafka_unavailable', message, { retriable: true })
      },
      topicId: async (topic, sinceMs) => {
        const { metadata } = this.#cluster
        if ((metadata.cached(topic)?.askedMs ?? -Infinity) < sinceMs) await metadata.refresh([topic])
        return metadata.cached(topic)?.id ?? null
      },
      commit: (p, offset, metadata) => commits.commit(p.topic, p.partition, offset, metadata),
    }
    return assigned.map(
      ({ topic, partition }) =>
        new AssignedPartition(view, topic, partition, committed.get(partitionKey(topic, partition)) ?? null),
    )
  }

  async #revoke(
    handlers: GroupHandlers,
    partitions: readonly AssignedPartition[],
    generation: Generation,
  ): Promise<void> {
    if (partitions.length === 0) return
    // The group throws out who has not rejoined by the rebalance timeout; half of it leaves room for the join itself.
    const deadline = AbortSignal.timeout(Math.ceil(this.#options.rebalanceTimeoutMs / 2))
    await handlers.onRevoked(partitions, AbortSignal.any([deadline, generation.lost]))
  }

  async #leave(): Promise<void> {
    try {
      await this.#membership.leave()
    } catch (error) {
      this.#cluster.log.debug('Leaving the group failed; its session will run out.', {
        group: this.#options.group,
        error,
      })
    }
  }
}

/** Whether this goes away by itself or by somebody who gives us a right. */
function passes({ retriable, code }: LogpipeError): boolean {
  return retriable || code === 'kafka_fenced' || code === 'kafka_topic_forbidden'
}
