/** A scan may take one part in so many of the time: 0.6 % of a core; what else a scan causes (garbage, looking at what it found) comes to as much again. */
const costShare = 160
/** However long scans take, the next one does not wait longer than this for their sake. */
const maxWaitMs = 10_000
/** Least time between two scans that somebody asks for. */
const hurriedMs = 100

/** When the folders are looked at: every `pollMs`, sooner where somebody asks, and so seldom that looking stays cheap. One owner. */
export class ScanPace {
  readonly #pollMs: number
  #beganAt = -Infinity
  #isHurried = false
  #spentMs = 0
  #lastMs = 0
  /** What a scan costs: the cheaper one of the last two, since one that finds many new files says nothing about the next. */
  #costMs = 0

  constructor(pollMs: number) {
    this.#pollMs = pollMs
  }

  /** Monotonic time at which the next scan begins. */
  get dueAt(): number {
    const wantedMs = this.#isHurried ? Math.min(hurriedMs, this.#pollMs) : this.#pollMs
    return this.#beganAt + Math.max(wantedMs, Math.min(this.#costMs * costShare, maxWaitMs))
  }

  /** Something may have changed: the next scan comes as soon as its cost allows. */
  hurry(): void {
    this.#isHurried = true
  }

  /** The next scan begins whenever somebody asks. */
  reset(): void {
    this.#beganAt = -Infinity
  }

  begin(now: number): void {
    this.#beganAt = now
    this.#isHurried = false
    this.#spentMs = 0
  }

  /** A part of the scan took this long. */
  spend(ms: number): void {
    this.#spentMs += ms
  }

  /** The scan is over; returns how long it took in all. */
  end(): number {
    this.#costMs = Math.min(this.#spentMs, this.#lastMs)
    this.#lastMs = this.#spentMs
    return this.#spentMs
  }
}
