import { Backoff, type BackoffOptions, isLogpipeError } from '@logpipe/runtime'
import type { Bulk } from './bulk.ts'
import type { Outcome, Sink } from './sink.ts'

/** Tries of one bulk that end with an error which is no LogpipeError. */
const maxFaults = 5

export interface RetryingOptions {
  backoff?: BackoffOptions
  /** Told of every try but an aborted one: how long it took, and the error of one that ended with nothing known, else null. */
  onTry?: (seconds: number, bulk: Bulk, error: unknown) => void
}

/**
 * A sink that sends the same bulk again, for ever and with growing waits, until its outcome is known. `write` rejects with code
 * `aborted` when its signal aborts. Adapters make a LogpipeError of all that a server can do; any other error is a fault of ours, with which it
 * rejects after a few tries, in case an odd answer is behind it: waiting would not mend it, and nobody would see it.
 */
export class RetryingSink implements Sink {
  readonly #sink: Sink
  readonly #options: RetryingOptions

  constructor(sink: Sink, options: RetryingOptions = {}) {
    this.#sink = sink
    this.#options = options
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const backoff = new Backoff(this.#options.backoff)
    let faults = 0
    for (;;) {
      bulk.attempts++
      const start = performance.now()
      const tried = (error: unknown): void => this.#options.onTry?.((performance.now() - start) / 1_000, bulk, error)
      try {
        const outcome = await this.#sink.write(bulk, signal)
        tried(null)
        return outcome
      } catch (error) {
        if (!signal.aborted) tried(error)
        if (!isLogpipeError(error) && ++faults >= maxFaults) throw error
        bulk.suspectAll()
        await backoff.wait(signal)
      }
    }
  }

  close(): Promise<void> {
    return this.#sink.close()
  }
}
