/** Lets one loop sleep until there is something to do. One sleeper. */
export class Wakeup {
  #awake = false
  #resolve: (() => void) | null = null

  /** Ends the sleep, or the next one where nobody sleeps. */
  wake(): void {
    this.#awake = true
    this.#resolve?.()
  }

  /** Resolves after `ms` milliseconds, at `wake`, or when `signal` aborts; leaves no timer behind. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#awake && ms > 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const onAbort = (): void => resolve()
      const timer = setTimeout(resolve, ms)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#resolve = resolve
      await promise
      signal.removeEventListener('abort', onAbort)
      clearTimeout(timer)
      this.#resolve = null
    }
    this.#awake = false
  }
}
