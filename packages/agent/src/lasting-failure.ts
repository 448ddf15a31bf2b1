import { isLogpipeError } from '@logpipe/runtime'

/** What passes by itself is said only when it lasts: the lines' own topics tell of Kafka sooner. */
const patienceMs = 60_000

/** Whether a failure of something beside the lines is to be said: once, and at once only where it does not pass by itself. */
export class LastingFailure {
  #since: number | null = null
  #isSaid = false

  /** It failed at `now` (monotonic, milliseconds); true: say it. */
  failed(error: unknown, now: number): boolean {
    this.#since ??= now
    const passes = isLogpipeError(error) && error.retriable && now - this.#since < patienceMs
    if (passes || this.#isSaid) return false
    this.#isSaid = true
    return true
  }

  /** It works; true: the failure was said, so say this, too. */
  isOver(): boolean {
    const wasSaid = this.#isSaid
    this.#since = null
    this.#isSaid = false
    return wasSaid
  }
}
