import { LogpipeError } from './errors.ts'

export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds. */
  baseMs?: number
  /** Upper bound of every wait, in milliseconds. */
  maxMs?: number
  /** A number in [0, 1); tests pass their own. */
  random?: () => number
}

/**
 * Exponential waits with full jitter: the n-th wait is uniform in [bound/2, bound), bound = min(maxMs, baseMs·2ⁿ).
 * Half of the bound is kept so that a loop over a dead network never spins. One owner; call `reset` after a success.
 */
export class Backoff {
  readonly #baseMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #attempt = 0

  constructor(options: BackoffOptions = {}) {
    this.#baseMs = options.baseMs ?? 100
    this.#maxMs = options.maxMs ?? 10_000
    this.#random = options.random ?? Math.random
  }

  /** How often `next` was called since the last `reset`. */
  get attempt(): number {
    return this.#attempt
  }

  reset(): void {
    this.#attempt = 0
  }

  /** The next wait in milliseconds; longer each time up to the cap. */
  next(): number {
    const bound = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#attempt, 30))
    this.#attempt++
    return bound / 2 + (bound / 2) * this.#random()
  }

  /** Waits `next()` milliseconds. Rejects with code `aborted` as soon as `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    await sleep(this.next(), signal)
  }
}

/** Resolves after `ms` milliseconds. Rejects with code `aborted` at once when `signal` aborts; leaves no timer behind. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortedError(signal))
      return
    }
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(abortedError(signal))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** The error every wait of ours rejects with when its signal aborts. */
export function abortedError(signal: AbortSignal): LogpipeError {
  return new LogpipeError('aborted', 'The operation was stopped before it finished.', { cause: signal.reason })
}

/**
 * Settles as `promise` does, or rejects with code `aborted` as soon as `signal` aborts: then what becomes of the promise is
 * nobody's concern any more. Leaves no listener behind.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined)
  if (signal.aborted) throw abortedError(signal)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(abortedError(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
