import { type Clock, describeError, systemClock } from '@logpipe/runtime'

/** What fails for a shorter time is everyday: a rebalance, a server that is started anew. */
const graceMs = 10_000
/** Hardly a try takes longer: where none failed for so long, none is made, as what was to be done is somebody else's by now. */
const oldMs = 300_000

/** What fails again and again and never went well meanwhile. */
export class Trouble {
  readonly #clock: Clock
  #since: { at: string; monotonic: number } | null = null
  #reason = ''
  #last = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** `why`: an error, or a sentence. */
  failed(why: unknown): void {
    this.#since ??= { at: new Date(this.#clock.now()).toISOString(), monotonic: this.#clock.monotonic() }
    this.#reason = describeError(why)
    this.#last = this.#clock.monotonic()
  }

  isWell(): void {
    this.#since = null
  }

  /** `since 2026-01-02T03:04:05.678Z: why`; null where nothing is wrong, or not for long. */
  get text(): string | null {
    const now = this.#clock.monotonic()
    if (this.#since === null || now - this.#since.monotonic < graceMs || now - this.#last > oldMs) return null
    return `since ${this.#since.at}: ${this.#reason}`
  }
}
