import { Backoff, type BackoffOptions } from '@logpipe/runtime'
import type { Segment, SegmentOwner } from '../consume/segment.ts'
import type { Events } from '../events.ts'
import type { Bulk } from '../sink/bulk.ts'
import { type DeadLetterSink, readLetters } from '../sink/dead-letter.ts'
import type { Rejection } from '../sink/sink.ts'
import { groupBySegment } from './settle.ts'
import { Turns } from './turns.ts'

/** Records are unpacked a second time for this: few batches at once. */
const maxAtOnce = 2
/** After this long, a try makes room for another partition's dead letters: a leader may have to be found first. */
const firstTryMs = 10_000
/** The same for a partition whose try before ran into that: more than a leader may wait for its replicas. */
const laterTryMs = 30_000

export interface BurialOptions {
  backoff?: BackoffOptions
  firstTryMs?: number
  laterTryMs?: number
}

/** Puts rejected records into the dead-letter topic and settles them, however long that takes. */
export class Burial {
  readonly #letters: DeadLetterSink
  readonly #events: Events
  readonly #backoff: BackoffOptions
  readonly #firstTryMs: number
  readonly #laterTryMs: number
  readonly #turns = new Turns(maxAtOnce)
  /** Those whose last try was not answered in time share a turn of their own: however many they are, the others do not wait for them. */
  readonly #lateTurns = new Turns(1)
  readonly #late = new WeakSet<SegmentOwner>()
  /** One of a partition at a time: what waits for one that takes nothing must not queue up before the others. */
  readonly #ofPartition = new WeakMap<SegmentOwner, Turns>()

  constructor(letters: DeadLetterSink, events: Events, options: BurialOptions = {}) {
    this.#letters = letters
    this.#events = events
    this.#backoff = options.backoff ?? {}
    this.#firstTryMs = options.firstTryMs ?? firstTryMs
    this.#laterTryMs = options.laterTryMs ?? laterTryMs
  }

  /** Resolves when all rejected items are settled, or their partition is no longer ours. Rejects only with `aborted`. */
  async bury(bulk: Bulk, rejected: readonly Rejection[], signal: AbortSignal): Promise<void> {
    const groups = groupBySegment(bulk, rejected)
    await Promise.all(groups.map(({ segment, items }) => this.#burySegment(segment, bulk, items, signal)))
  }

  async #burySegment(segment: Segment, bulk: Bulk, rejected: readonly Rejection[], signal: AbortSignal): Promise<void> {
    const { owner } = segment
    const deaths = rejected.map(({ item, type, reason, stage }) => ({
      offset: bulk.offsetOf(item),
      type,
      reason,
      stage: stage ?? ('sink' as const),
      attempts: stage === 'pipeline' ? 0 : bulk.attempts,
    }))
    const bytes = rejected.reduce((sum, rejection) => sum + bulk.budgetBytesOf(rejection), 0)
    const backoff = new Backoff(this.#backoff)
    const own = this.#turnsOf(owner)
    while (!owner.isForgotten) {
      await own.take(signal)
      const isLate = this.#late.has(owner)
      const turns = isLate ? this.#lateTurns : this.#turns
      try {
        await turns.take(signal)
      } catch (error) {
        own.give()
        throw error
      }
      const timely = AbortSignal.timeout(isLate ? this.#laterTryMs : this.#firstTryMs)
      try {
        if (owner.isForgotten) return
        const letters = await readLetters(segment.batch, owner, deaths)
        await this.#letters.write(letters, AbortSignal.any([signal, timely]))
        this.#late.delete(owner)
        this.#events.deadLettersWritten(owner.topic, letters)
        owner.documentBytes.give(bytes)
        segment.settle(letters.length)
        return
      } catch (error) {
        if (timely.aborted) this.#late.add(owner)
        if (!signal.aborted) this.#events.deadLettersFailed(owner, error)
      } finally {
        turns.give()
        own.give()
      }
      await backoff.wait(signal)
    }
  }

  #turnsOf(owner: SegmentOwner): Turns {
    let turns = this.#ofPartition.get(owner)
    if (turns === undefined) {
      turns = new Turns(1)
      this.#ofPartition.set(owner, turns)
    }
    return turns
  }
}
