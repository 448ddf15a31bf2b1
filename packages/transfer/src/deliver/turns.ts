import { abortedError } from '@logpipe/runtime'

interface Waiting {
  readonly grant: () => void
  readonly timeMs: number
}

/**
 * A number of permits. Every other one goes to who has waited longest, those between to who works on what is oldest: where there are more wishes than permits,
 * who has twice the work does not fall behind, and who has old work without end takes no more than his half and his share.
 */
export class Turns {
  #count: number
  /** Below zero while more are out than there should be. */
  #free: number
  #waiting: Waiting[] = []
  #isOldestNext = false

  constructor(count: number) {
    this.#count = count
    this.#free = count
  }

  /** Resolves when a permit is ours; `give` it back. `timeMs`: how old the work is that it is for. Rejects with `aborted` when `signal` aborts first. */
  take(signal: AbortSignal, timeMs = 0): Promise<void> {
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
        this.#waiting = this.#waiting.filter((other) => other.grant !== grant)
        reject(abortedError(signal))
      }
      this.#waiting.push({ grant, timeMs })
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
      let next = 0
      if (this.#isOldestNext) {
        for (const [index, { timeMs }] of this.#waiting.entries())
          if (timeMs < (this.#waiting[next] as Waiting).timeMs) next = index
      }
      const [waiting] = this.#waiting.splice(next, 1)
      if (waiting === undefined) return
      this.#isOldestNext = !this.#isOldestNext
      this.#free--
      waiting.grant()
    }
  }
}
