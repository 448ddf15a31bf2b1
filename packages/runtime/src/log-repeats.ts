import type { Clock } from './clock.ts'

interface Window {
  endsAt: number
  seen: number
  summarise: (suppressed: number) => void
}

/** Messages remembered at once; the oldest is forgotten (and summed up) first. */
const maxMessages = 1_000

/**
 * Lets the first `limit` lines of a message through in every window and counts the rest, so that a dead server does not
 * fill the disk with one sentence. What was held back is summed up once, at the end of the window. One owner.
 */
export class Repeats {
  readonly #limit: number
  readonly #windowMs: number
  readonly #clock: Clock
  readonly #windows = new Map<string, Window>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: { limit: number; windowMs: number; clock: Clock }) {
    this.#limit = options.limit
    this.#windowMs = options.windowMs
    this.#clock = options.clock
  }

  /** Whether this line is to be written. `summarise` is called later with the number of lines held back, if any. */
  admit(message: string, summarise: (suppressed: number) => void): boolean {
    const now = this.#clock.monotonic()
    let window = this.#windows.get(message)
    if (window === undefined || now >= window.endsAt) {
      this.#end(message, window)
      if (this.#windows.size >= maxMessages) this.#endOldest()
      window = { endsAt: now + this.#windowMs, seen: 0, summarise }
      this.#windows.set(message, window)
    }
    window.seen++
    if (window.seen <= this.#limit) return true
    this.#timer ??= setTimeout(() => this.sweep(), this.#windowMs).unref()
    return false
  }

  /** Sums up and forgets every window that has ended. Called by a timer while something is held back. */
  sweep(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const now = this.#clock.monotonic()
    let holding = false
    for (const [message, window] of this.#windows) {
      if (now >= window.endsAt) this.#end(message, window)
      else holding ||= window.seen > this.#limit
    }
    if (holding) this.#timer = setTimeout(() => this.sweep(), this.#windowMs).unref()
  }

  #end(message: string, window: Window | undefined): void {
    if (window === undefined) return
    this.#windows.delete(message)
    if (window.seen > this.#limit) window.summarise(window.seen - this.#limit)
  }

  #endOldest(): void {
    const oldest = this.#windows.entries().next()
    if (!oldest.done) this.#end(oldest.value[0], oldest.value[1])
  }
}
