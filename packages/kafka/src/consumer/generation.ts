import { LogpipeError, isLogpipeError, sleep } from '@logpipe/runtime'
import { protocolNameOf } from '../errors.ts'
import { type Joined, type Membership, isLost } from './membership.ts'

export interface GenerationOptions {
  sessionTimeoutMs: number
  heartbeatMs: number
  partitionCheckMs: number
}

/**
 * One generation of the group while this member is in it: sends heartbeats, from the join until `close`, also while its
 * partitions are being drained, and notices when it is over.
 *
 *   living ── rebalance, new topics, added partitions, stop ──▶ ended (drain, then rejoin)
 *     └────── unknown member, old generation, session run out ──▶ lost (drop everything)
 */
export class Generation {
  readonly #membership: Membership
  readonly #joined: Joined
  readonly #topics: readonly string[]
  readonly #options: GenerationOptions
  readonly #ended = Promise.withResolvers<void>()
  readonly #lost = new AbortController()
  readonly #closing = new AbortController()
  readonly #heartbeats: Promise<void>
  #lastAnswerMs = performance.now()
  #checkedMs = performance.now()

  constructor(membership: Membership, joined: Joined, topics: readonly string[], options: GenerationOptions) {
    this.#membership = membership
    this.#joined = joined
    this.#topics = topics
    this.#options = options
    this.#heartbeats = this.#beat()
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted
  }

  /** Aborts when the partitions are no longer ours. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Resolves when the generation ended or is lost, or `signal` aborts. */
  async ended(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.end()
    if (signal.aborted) this.end()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#ended.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Asks for the next generation: something changed. */
  end(): void {
    this.#ended.resolve()
  }

  /** The group counts this member as gone; `cause` is what said so. */
  markLost(cause: unknown): void {
    if (this.isLost) return
    this.#lost.abort(new LogpipeError('kafka_fenced', 'The group goes on without this member.', { cause }))
    this.#ended.resolve()
  }

  /** Stops the heartbeats; resolves when the last one has been answered or given up. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#heartbeats
  }

  async #beat(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted && !this.isLost) {
      try {
        await sleep(this.#options.heartbeatMs, signal)
        // After a long stop of the whole process the session is over: no need to ask.
        if (performance.now() - this.#lastAnswerMs > this.#options.sessionTimeoutMs) this.markLost('session timed out')
        else await this.#beatOnce()
      } catch (error) {
        if (signal.aborted) return
        this.#judge(error)
      }
    }
  }

  async #beatOnce(): Promise<void> {
    // Three chances before the session runs out.
    const timely = AbortSignal.timeout(Math.ceil(this.#options.sessionTimeoutMs / 3))
    await this.#membership.heartbeat(this.#joined, timely)
    this.#lastAnswerMs = performance.now()
    if (this.#joined.isLeader && this.#lastAnswerMs - this.#checkedMs > this.#options.partitionCheckMs) {
      this.#checkedMs = this.#lastAnswerMs
      if (await this.#partitionsChanged()) this.end()
    }
  }

  /** A topic that was given partitions, made, or deleted changes who reads what. */
  async #partitionsChanged(): Promise<boolean> {
    const before = this.#membership.counts
    const now = await this.#membership.countPartitions(new Set([...before.keys(), ...this.#topics]))
    return now.size !== before.size || [...now].some(([topic, count]) => before.get(topic) !== count)
  }

  #judge(error: unknown): void {
    if (protocolNameOf(error) === 'REBALANCE_IN_PROGRESS') {
      this.#lastAnswerMs = performance.now()
      this.end()
    } else if (isLost(error) || !isLogpipeError(error)) {
      this.markLost(error)
    }
    // Anything else is a coordinator that moves or is away: the session time-out judges that.
  }
}
