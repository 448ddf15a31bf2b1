import type { FetchedBatch } from '@logpipe/kafka'
import { isLogpipeError } from '@logpipe/runtime'

/** One fetch that runs while what came before is still worked on. One owner. */
export class FetchAhead {
  readonly #fetch: (signal: AbortSignal) => Promise<FetchedBatch[]>
  readonly #signal: AbortSignal
  #stop = new AbortController()
  /** Made anew only where one was cancelled: a signal for each fetch would pile up on the one they depend on. */
  #either: AbortSignal
  #batches: Promise<FetchedBatch[]>

  /** Begins the first fetch. */
  constructor(fetch: (signal: AbortSignal) => Promise<FetchedBatch[]>, signal: AbortSignal) {
    this.#fetch = fetch
    this.#signal = signal
    this.#either = AbortSignal.any([signal, this.#stop.signal])
    this.#batches = this.#begin()
  }

  /** What the fetch under way brings; the next one has begun by then. Rejects as the fetch does. */
  async take(): Promise<FetchedBatch[]> {
    const batches = await this.#batches
    this.#batches = this.#begin()
    return batches
  }

  /** Ends the fetch under way. Resolves with what it had brought by then. Next is `restart`. */
  async cancel(): Promise<FetchedBatch[]> {
    this.#stop.abort()
    try {
      return await this.#batches
    } catch (error) {
      if (isLogpipeError(error, 'aborted')) return []
      throw error
    }
  }

  /** Begins a fetch after `cancel`. */
  restart(): void {
    this.#stop = new AbortController()
    this.#either = AbortSignal.any([this.#signal, this.#stop.signal])
    this.#batches = this.#begin()
  }

  #begin(): Promise<FetchedBatch[]> {
    const batches = this.#fetch(this.#either)
    // It may fail while its owner is still busy with what came before.
    batches.catch(() => {})
    return batches
  }
}
