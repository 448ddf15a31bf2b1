/** How often a steady taker is served: short enough to look steady, long enough not to wake for every line. */
const quantumMs = 50
/** What is saved up while nobody takes: makes up for a taker that comes late. */
const capacityMs = 250
/** Sums of parts may fall short of the whole by less than this. */
const roundingTokens = 1e-6

/**
 * So many tokens a second, never more. Whoever takes may take more than there is, once: then it waits until that is made up for.
 * Times are monotonic milliseconds. One owner.
 */
export class TokenBucket {
  readonly #perMs: number
  readonly #quantum: number
  readonly #capacity: number
  #tokens = 0
  #at: number

  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1_000
    this.#quantum = Math.max(1, this.#perMs * quantumMs)
    this.#capacity = Math.max(this.#quantum, this.#perMs * capacityMs)
    this.#at = now
  }

  /** Whole tokens that may be taken now; 0 where that is too few to begin with. */
  available(now: number): number {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
    const tokens = this.#tokens + roundingTokens
    return tokens < this.#quantum ? 0 : Math.floor(tokens)
  }

  take(tokens: number): void {
    this.#tokens -= tokens
  }

  /** When there are enough to begin with, by what was known at the last call of `available`. */
  get readyAt(): number {
    return this.#at + Math.max(0, this.#quantum - this.#tokens) / this.#perMs
  }
}
