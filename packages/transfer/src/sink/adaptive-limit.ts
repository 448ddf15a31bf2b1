import { type Clock, systemClock } from '@logpipe/runtime'
import { Turns } from '../deliver/turns.ts'

export interface AdaptiveLimitOptions {
  /** Never more requests than this. */
  max: number
  clock?: Clock
}

/** A small server has enough to do with so many. */
const startLimit = 2
/** Answers that are looked at for one step, and twice the limit at least. */
const minAnswers = 8
/** After a step that brought nothing, the next one waits so long; each time twice as long. */
const pauseMs = 30_000
const maxPauseMs = 600_000
/** Part of the requests a second that a step down may cost. */
const maxLoss = 0.05
/** The requests that were under way when the limit was halved tell the same once more; they count as one. */
const halveEveryMs = 1_000

/** Documents take the same time for each, so requests a second tell what the server does with that many under way. */
interface Measured {
  limit: number
  perMs: number
}

/**
 * How many requests may be under way at once: permits, first come, first served, whose number follows the server. One more is tried, and
 * kept where latency holds; one fewer is tried as well, and kept where nothing is lost; halved at once where the server says that it is
 * overloaded. Between 1 and `max`.
 *
 *   requests/ms = limit ÷ latency
 *   n → n+1   kept where it is more by half a request's share (1 ÷ 2n) or better: a server with room gives 1 ÷ n, a busy one nothing
 *   n → n−1   kept where it is hardly less; not below the 2 that it begins with, which are kept as well where they are hardly less
 *
 * Only answers that come while somebody waits for a permit count: else the limit is not what holds us up.
 */
export class AdaptiveLimit {
  readonly #max: number
  readonly #clock: Clock
  readonly #turns: Turns
  #current: number
  #direction: 1 | -1 = 1
  /** What was measured before the step that is being tried. */
  #before: Measured | null = null
  #answers = 0
  #sumMs = 0
  /** Answers to come to requests that were sent under another limit. */
  #stale = 0
  #pauseMs = pauseMs
  #nextStepMs = Number.NEGATIVE_INFINITY
  #nextHalvingMs = Number.NEGATIVE_INFINITY

  constructor({ max, clock = systemClock }: AdaptiveLimitOptions) {
    this.#max = max
    this.#clock = clock
    this.#current = Math.min(startLimit, max)
    this.#turns = new Turns(this.#current)
  }

  get current(): number {
    return this.#current
  }

  /** Resolves when a permit is ours; `give` it back. Rejects with `aborted` when `signal` aborts first. */
  take(signal: AbortSignal): Promise<void> {
    return this.#turns.take(signal)
  }

  /** Hands the permit on. */
  give(): void {
    this.#turns.give()
  }

  /** A request was answered after `ms`, and the server did not complain of its load. */
  answered(ms: number): void {
    if (this.#stale > 0) {
      this.#stale--
      return
    }
    if (!this.#turns.isWanted) {
      this.#forgetAnswers()
      return
    }
    this.#answers++
    this.#sumMs += ms
    if (this.#answers < Math.max(minAnswers, 2 * this.#current)) return
    const measured = { limit: this.#current, perMs: (this.#current * this.#answers) / Math.max(this.#sumMs, 1) }
    this.#forgetAnswers()
    if (this.#before !== null && !this.#judge(this.#before, measured)) return
    if (this.#clock.monotonic() >= this.#nextStepMs) this.#step(measured)
  }

  /** The server said that it is overloaded. */
  overloaded(): void {
    const now = this.#clock.monotonic()
    if (now < this.#nextHalvingMs) return
    this.#nextHalvingMs = now + halveEveryMs
    this.#before = null
    this.#direction = 1
    this.#pauseMs = pauseMs
    this.#nextStepMs = now + pauseMs
    this.#set(Math.max(1, Math.floor(this.#current / 2)))
  }

  /** Whether the step that was tried is kept; else it is taken back, and the next one goes the other way. */
  #judge(before: Measured, after: Measured): boolean {
    this.#before = null
    // After an overload it gets back what it begins with, unless that is worse: one alone never fills the way to a server.
    const isMore = after.limit > before.limit && after.limit > startLimit
    const wanted = isMore ? 1 + 0.5 / before.limit : 1 - maxLoss
    if (after.perMs >= before.perMs * wanted) {
      this.#pauseMs = pauseMs
      return true
    }
    this.#set(before.limit)
    this.#turnRound()
    return false
  }

  #step(measured: Measured): void {
    const next = this.#current + this.#direction
    if (next > this.#max || (this.#direction === -1 && next < startLimit)) {
      this.#turnRound()
      return
    }
    this.#before = measured
    this.#set(next)
  }

  #turnRound(): void {
    this.#direction = this.#direction === 1 ? -1 : 1
    this.#nextStepMs = this.#clock.monotonic() + this.#pauseMs
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs)
  }

  #set(limit: number): void {
    this.#stale = this.#current
    this.#current = limit
    this.#turns.resize(limit)
    this.#forgetAnswers()
  }

  #forgetAnswers(): void {
    this.#answers = 0
    this.#sumMs = 0
  }
}
