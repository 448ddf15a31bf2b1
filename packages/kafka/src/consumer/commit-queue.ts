import { Backoff, LogpipeError, isLogpipeError } from '@logpipe/runtime'
import { offsetCommitV8 } from '@platformatic/kafka'
import type { Cluster, Committed } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import { fromProtocol, protocolErrorName, responseOf } from '../errors.ts'
import { type Joined, type Membership, fencedError, isLost } from './membership.ts'

const lastingTries = 5

interface PendingCommit extends Committed {
  topic: string
  partition: number
  settled: Promise<void>
  resolve: () => void
  reject: (error: LogpipeError) => void
}

/**
 * The commits of one generation: what all partitions want to commit meanwhile goes in one request, one at a time. Ends with
 * its generation; what is not stored by then is refused with `kafka_fenced`.
 */
export class CommitQueue {
  readonly #cluster: Cluster
  readonly #membership: Membership
  readonly #group: string
  readonly #joined: Joined
  readonly #onLost: (cause: unknown) => void
  readonly #closing = new AbortController()
  #pending = new Map<string, PendingCommit>()
  #running = false

  /** `onLost` is called when the coordinator says that this member is no longer in the group. */
  constructor(
    cluster: Cluster,
    membership: Membership,
    group: string,
    joined: Joined,
    onLost: (cause: unknown) => void,
  ) {
    this.#cluster = cluster
    this.#membership = membership
    this.#group = group
    this.#joined = joined
    this.#onLost = onLost
  }

  /** Resolves when Kafka has stored this or a later offset of the partition. Rejects with `kafka_fenced` or for good. */
  commit(topic: string, partition: number, offset: number, metadata: string): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(fencedError(this.#group))
    const key = partitionKey(topic, partition)
    const waiting = this.#pending.get(key)
    if (waiting !== undefined) {
      waiting.offset = offset
      waiting.metadata = metadata
      return waiting.settled
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#pending.set(key, { topic, partition, offset, metadata, settled: promise, resolve, reject })
    if (!this.#running) void this.#run()
    return promise
  }

  /** Refuses whatever is not stored yet. */
  close(): void {
    this.#closing.abort()
    this.#rejectAll(this.#pending, fencedError(this.#group))
  }

  async #run(): Promise<void> {
    this.#running = true
    // All that is asked for in this turn of the event loop goes into the first request.
    await Promise.resolve()
    while (this.#pending.size > 0) {
      const commits = this.#pending
      this.#pending = new Map()
      await this.#store(commits)
    }
    this.#running = false
  }

  async #store(commits: Map<string, PendingCommit>): Promise<void> {
    const backoff = new Backoff({ baseMs: 50, maxMs: 2_000 })
    const { signal } = this.#closing
    while (commits.size > 0) {
      try {
        this.#settle(commits, await this.#send(commits))
        if (commits.size > 0) await backoff.wait(signal)
      } catch (error) {
        if (signal.aborted || isLost(error)) {
          this.#rejectAll(commits, fencedError(this.#group))
          if (!signal.aborted) this.#onLost(error)
          return
        }
        if (!isLogpipeError(error) || !error.retriable) {
          this.#rejectAll(
            commits,
            isLogpipeError(error) ? error : new LogpipeError('internal', 'A commit failed.', { cause: error }),
          )
          return
        }
        if (backoff.attempt >= lastingTries) {
          this.#cluster.log.warn('Offsets cannot be committed; trying on', { group: this.#group, error })
        }
        this.#membership.forgetCoordinator()
        await backoff.wait(signal).catch(() => undefined)
      }
    }
  }

  async #send(commits: Map<string, PendingCommit>): Promise<offsetCommitV8.OffsetCommitResponse> {
    const topics = [...Map.groupBy(commits.values(), ({ topic }) => topic)].map(([name, rows]) => ({
      name,
      partitions: rows.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      })),
    }))
    const { generationId, memberId } = this.#joined
    const what = `Committing offsets of group ${this.#group}`
    try {
      const coordinator = await this.#membership.coordinator()
      const args: Parameters<typeof offsetCommitV8.createRequest> = [this.#group, generationId, memberId, null, topics]
      return await this.#cluster.connections.request(coordinator, 'group', offsetCommitV8.api, args, what)
    } catch (error) {
      const response = responseOf<offsetCommitV8.OffsetCommitResponse>(error)
      if (response === undefined || isLost(error)) throw error
      return response
    }
  }

  /** Takes out of `commits` what was stored or finally refused; what stays is to be tried again. */
  #settle(commits: Map<string, PendingCommit>, response: offsetCommitV8.OffsetCommitResponse): void {
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        const key = partitionKey(name, partitionIndex)
        const commit = commits.get(key)
        if (commit === undefined) continue
        const error = protocolErrorName(errorCode)
        if (error === 'NONE') {
          commits.delete(key)
          commit.resolve()
          continue
        }
        const failure = fromProtocol(error, `Committing topic ${name}, partition ${partitionIndex}`)
        // A deleted topic has nothing to commit for; a rebalance hands the partition on, with what was committed before.
        const final = !failure.retriable || failure.code === 'kafka_topic_missing'
        if (!final) continue
        commits.delete(key)
        commit.reject(failure)
      }
    }
  }

  #rejectAll(commits: Map<string, PendingCommit>, error: LogpipeError): void {
    for (const { reject } of commits.values()) reject(error)
    commits.clear()
  }
}
