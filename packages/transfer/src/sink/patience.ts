import { type Clock, systemClock } from '@logpipe/runtime'
import { actionOf } from './action.ts'
import type { Bulk } from './bulk.ts'
import type { Outcome, Rejection, Sink } from './sink.ts'

/** How often and for how long an item meets internal errors before it is held to be at fault itself. */
const patienceTries = 10
const patienceMs = 10 * 60_000
/** Items watched at once; further ones are tried on without an end. */
const maxWatched = 10_000
/** Tries are at most seconds apart: an item not seen for so long was accepted, or is somebody else's. */
const forgetMs = 5 * 60_000
/** How often it is looked whether the targets of watched items take others. */
const lookEveryMs = 10_000

interface Watched {
  target: string
  since: number
  seen: number
  tries: number
}

/**
 * A sink that rejects an item which the server answers with an internal error (500) again and again, for ten minutes at least,
 * though meanwhile it took others of the same target: then the item is what it cannot cope with, and would keep its partition
 * standing for ever. Where nothing of a target is accepted the fault is the server's, and the item is tried on.
 */
export class PatienceSink implements Sink {
  readonly #sink: Sink
  readonly #clock: Clock
  readonly #watched = new Map<string, Watched>()
  /** When a target of a watched item last took another one. */
  readonly #taken = new Map<string, number>()
  #swept = 0

  constructor(sink: Sink, clock: Clock = systemClock) {
    this.#sink = sink
    this.#clock = clock
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const { doubtful = [], ...outcome } = await this.#sink.write(bulk, signal)
    if (doubtful.length === 0 && this.#watched.size === 0) return outcome
    const now = this.#clock.monotonic()
    const lost = this.#watch(bulk, doubtful, now)
    this.#look(bulk, outcome, now)
    this.#sweep(now)
    const hopeless = lost.filter(({ watched: { target, since } }) => (this.#taken.get(target) ?? -1) >= since)
    return hopeless.length === 0 ? outcome : reject(outcome, hopeless, now)
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  /** Counts the tries of these items; returns those that had enough of them. */
  #watch(bulk: Bulk, doubtful: readonly Rejection[], now: number): Lost[] {
    const lost: Lost[] = []
    for (const rejection of doubtful) {
      const { target, id } = actionOf(bulk, rejection.item)
      const key = `${target}/${id}`
      let watched = this.#watched.get(key)
      if (watched === undefined) {
        if (this.#watched.size >= maxWatched) continue
        watched = { target, since: now, seen: now, tries: 0 }
        this.#watched.set(key, watched)
      }
      watched.tries++
      watched.seen = now
      if (watched.tries >= patienceTries && now - watched.since >= patienceMs) lost.push({ rejection, watched })
    }
    return lost
  }

  /** Notes which targets of watched items took an item of this bulk. */
  #look(bulk: Bulk, { retry, rejected }: Outcome, now: number): void {
    const wanted = new Set<string>()
    for (const { target } of this.#watched.values()) {
      if (now - (this.#taken.get(target) ?? Number.NEGATIVE_INFINITY) >= lookEveryMs) wanted.add(target)
    }
    const others = new Set([...retry, ...rejected.map(({ item }) => item)])
    for (let item = 0; item < bulk.count && wanted.size > 0; item++) {
      if (others.has(item)) continue
      const { target } = actionOf(bulk, item)
      if (wanted.delete(target)) this.#taken.set(target, now)
    }
  }

  #sweep(now: number): void {
    if (now - this.#swept < forgetMs) return
    this.#swept = now
    for (const [key, { seen }] of this.#watched) if (now - seen >= forgetMs) this.#watched.delete(key)
    const targets = new Set([...this.#watched.values()].map(({ target }) => target))
    for (const target of this.#taken.keys()) if (!targets.has(target)) this.#taken.delete(target)
  }
}

interface Lost {
  rejection: Rejection
  watched: Watched
}

function reject(outcome: Outcome, lost: readonly Lost[], now: number): Outcome {
  const items = new Set(lost.map(({ rejection }) => rejection.item))
  const retry = outcome.retry.filter((item) => !items.has(item))
  const rejected = lost.map(({ rejection, watched: { tries, since } }) => ({
    ...rejection,
    reason: `${rejection.reason} (${tries} tries in ${Math.round((now - since) / 60_000)} minutes, while others were taken)`,
  }))
  return {
    ...outcome,
    retry,
    retryReason: retry.length === 0 ? null : outcome.retryReason,
    rejected: [...outcome.rejected, ...rejected].sort((a, b) => a.item - b.item),
  }
}
