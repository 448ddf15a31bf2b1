/** What time it is. Code that measures or stamps takes a Clock, so that time belongs to the test. */
export interface Clock {
  /** Milliseconds since 1970 by the system's clock; may jump when that clock is set. */
  now(): number
  /** Milliseconds since some fixed moment; never goes back. For durations and deadlines. */
  monotonic(): number
}

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

/** A clock that moves only when the test says so. */
export class FakeClock implements Clock {
  #now: number
  #monotonic = 0

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Lets `ms` milliseconds pass on both readings. */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError('Time passes forward only; use setNow to move the wall clock back.')
    this.#now += ms
    this.#monotonic += ms
  }

  /** Sets the wall clock, as an administrator or NTP would; the monotonic reading stays as it is. */
  setNow(now: number): void {
    this.#now = now
  }
}
