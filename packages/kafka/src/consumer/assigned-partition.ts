import { Backoff, LogpipeError, type Logger, isLogpipeError, untilAborted } from '@logpipe/runtime'
import type { Committed } from '../cluster/cluster.ts'
import { fromProtocol, protocolErrorName } from '../errors.ts'
import { type FetchedBatch, splitBatches } from '../record-batch/fetched-batch.ts'
import { voidAborted } from './aborted-transactions.ts'
import type { FetchedPartition } from './fetch-request.ts'
import type { Fetcher } from './fetcher.ts'

const lastingTries = 5
/** Who has not fetched for so long may have slept through a topic that was deleted and made again: without asking, it is not noticed. */
const longPauseMs = 1_000

/** What a partition needs of its group. */
export interface PartitionGroup {
  readonly fetcher: Fetcher
  readonly log: Logger
  /** Next offset to read of the oldest record that the topic still has. */
  earliest(topic: string, partition: number, signal: AbortSignal): Promise<number>
  /** The topic's id, asked for where what is known of it is older than `sinceMs` (by `performance.now()`); null where it is not known. */
  topicId(topic: string, sinceMs: number): Promise<string | null>
  commit(partition: AssignedPartition, offset: number, metadata: string): Promise<void>
}

/**
 * A partition that the group gave to this member, from `onAssigned` until it is revoked or lost. Single owner. Reading is
 * by asking: nothing is fetched between two calls of `fetch`.
 */
export class AssignedPartition {
  readonly topic: string
  readonly partition: number
  /** What the group had committed when the partition was assigned. */
  readonly committed: Committed | null
  /** The offset behind the partition's last record as of the last fetch; −1 before the first. */
  highWatermark = -1
  /** The same as far as it is known: while nothing is fetched, the group looks now and then. */
  logEnd = -1
  /** When that was found, on the clock of `performance.now()`. */
  logEndAtMs = -Infinity
  readonly #group: PartitionGroup
  #position: number | null
  /** Where it was before it turned out that the topic has no such record, or is another one. */
  #lost: number | null = null
  /** Of the topic that the position is in. */
  #topicId: string | null = null
  #fetchedMs = -Infinity
  readonly #backoff = new Backoff({ baseMs: 50, maxMs: 5_000 })
  #active = true
  #failure: LogpipeError | null = null

  constructor(group: PartitionGroup, topic: string, partition: number, committed: Committed | null) {
    this.#group = group
    this.topic = topic
    this.partition = partition
    this.committed = committed
    this.#position = committed?.offset ?? null
  }

  /** Whether the group still counts this partition as ours. Once false, `commit` is refused for ever. */
  get isActive(): boolean {
    return this.#active
  }

  /** The offset that the next fetch begins at; −1 before the first. */
  get position(): number {
    return this.#position ?? -1
  }

  /** Why the last fetch could not be answered; null where it was. */
  get failure(): LogpipeError | null {
    return this.#failure
  }

  /**
   * The next batches in order of offset; none when nothing came within the group's `maxWaitMs`, or the partition cannot be read at
   * present (`failure`): then after a back-off, so that its owner can let others go first. Rejects only with `aborted`,
   * `kafka_topic_forbidden` or `kafka_corrupt`. Where the position is no longer in the topic, reading goes on at the oldest record there is,
   * and the log says what was skipped. A first batch may begin before the position: whoever decodes skips records with lower offsets. What a
   * transaction leaves in the log beside records that count comes as batches without records.
   */
  async fetch(signal: AbortSignal): Promise<FetchedBatch[]> {
    try {
      const batches = await this.#tryFetch(signal)
      this.#backoff.reset()
      this.#failure = null
      return batches
    } catch (error) {
      if (!isLogpipeError(error) || !error.retriable) throw error
      this.#failure = error
      // A change of leaders costs a try or two; more of them is somebody's concern.
      if (this.#backoff.attempt >= lastingTries) {
        const { topic, partition } = this
        this.#group.log.warn('A partition cannot be read; trying on', { topic, partition, error })
      }
      await this.#backoff.wait(signal)
      return []
    }
  }

  async #tryFetch(signal: AbortSignal): Promise<FetchedBatch[]> {
    for (let isOldest = false; ; isOldest = true) {
      if (await this.#isMadeAgain(signal)) this.#losePosition()
      const position = this.#position ?? (await this.#oldest(signal))
      const fetched = await this.#group.fetcher.fetch(this.topic, this.partition, position, signal)
      this.#fetchedMs = performance.now()
      const error = protocolErrorName(fetched.errorCode)
      if (error === 'NONE') return await this.#accept(fetched, position)
      if (error !== 'OFFSET_OUT_OF_RANGE') throw fromProtocol(error, `Topic ${this.topic}, partition ${this.partition}`)
      this.#losePosition()
      if (isOldest) {
        // Brokers do not agree yet: asked again at once, they would be asked without end.
        const message = `Topic ${this.topic}, partition ${this.partition} does not have the record that it says is its oldest.`
        throw new LogpipeError('kafka_unavailable', message, { retriable: true })
      }
    }
  }

  /** The next fetch begins at `offset`. Not to be called while one is under way. */
  seek(offset: number): void {
    this.#position = offset
  }

  async #accept(fetched: FetchedPartition, from: number): Promise<FetchedBatch[]> {
    this.highWatermark = fetched.highWatermark
    this.foundLogEnd(fetched.highWatermark, performance.now())
    const batches = splitBatches(fetched.raw).filter(({ lastOffset }) => lastOffset >= from)
    const all = await voidAborted(batches, fetched.aborted)
    // Not before: where a marker is broken, all that came with it has to be fetched again.
    const last = batches.at(-1)
    if (last !== undefined) this.#position = last.lastOffset + 1
    return all
  }

  /** Whether the topic is another one than at the last fetch. */
  async #isMadeAgain(signal: AbortSignal): Promise<boolean> {
    const now = performance.now()
    const sinceMs = now - this.#fetchedMs > longPauseMs ? now - longPauseMs : -Infinity
    const before = this.#topicId
    this.#topicId = (await untilAborted(this.#group.topicId(this.topic, sinceMs), signal)) ?? before
    return before !== null && this.#topicId !== before
  }

  #losePosition(): void {
    this.#lost = this.#position
    this.#position = null
  }

  /** Goes to the oldest record. */
  async #oldest(signal: AbortSignal): Promise<number> {
    const { topic, partition } = this
    const oldest = await this.#group.earliest(topic, partition, signal)
    this.#position = oldest
    if (this.#lost !== null) {
      const message = 'The position is not in the topic any more; reading goes on at its oldest record.'
      this.#group.log.warn(message, { topic, partition, position: this.#lost, oldest })
    }
    this.#lost = null
    return oldest
  }

  /**
   * Stores `offset`, the next one to read, for the group. Resolves when Kafka has it; tries again on what passes. Rejects
   * with `kafka_fenced` once the partition is not ours any more: then somebody else reads on from the last commit.
   */
  async commit(offset: number, metadata = ''): Promise<void> {
    if (!this.#active) {
      const message = `Topic ${this.topic}, partition ${this.partition} belongs to another member now; nothing was committed.`
      throw new LogpipeError('kafka_fenced', message)
    }
    const id = await this.#group.topicId(this.topic, -Infinity)
    if (this.#topicId !== null && id !== null && id !== this.#topicId) {
      const message = `Topic ${this.topic} was deleted and made again; an offset of the former one is not committed.`
      throw new LogpipeError('kafka_topic_missing', message)
    }
    await this.#group.commit(this, offset, metadata)
  }

  /** For the group alone: the log ended there when it was asked, which may be before a fetch that has been answered since. */
  foundLogEnd(offset: number, askedAtMs: number): void {
    if (askedAtMs < this.logEndAtMs) return
    this.logEnd = offset
    this.logEndAtMs = askedAtMs
  }

  /** For the group alone: the partition is no longer ours. */
  deactivate(): void {
    this.#active = false
  }
}
