import { abortedError } from '@logpipe/runtime'

/** A number of permits, handed out first come, first served. */
export class Turns {
  #count: number
  /** Below zero while more are out than there should be. */
  #free: number
  #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#count = count
    this.#free = count
  }

  /** Resolves when a permit is ours; `give` it back. Rejects with `aborted` when `signal` aborts first. */
  take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(abortedError(signal))
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const grant = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== grant)
        reject(abortedError(signal))
      }
      this.#waiting.push(grant)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Hands the permit on. */
  give(): void {
    this.#free++
    this.#grant()
  }

  /** Whether somebody waits for a permit. */
  get isWanted(): boolean {
    return this.#waiting.length > 0
  }

  /** From now on there are `count` permits; those out beyond that are not handed on when they come back. */
  resize(count: number): void {
    this.#free += count - this.#count
    this.#count = count
    this.#grant()
  }

  #grant(): void {
    while (this.#free > 0) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#free--
      next()
    }
  }
}
