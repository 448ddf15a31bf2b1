import { untilAborted } from '@logpipe/runtime'
import type { Bulk } from './bulk.ts'
import type { Outcome, Sink } from './sink.ts'

/** A sink that sends nothing before `opened` resolves: its server is away since the start, or not set up yet. */
export class GatedSink implements Sink {
  readonly #sink: Sink
  #opened: Promise<void> | null

  constructor(sink: Sink, opened: Promise<void>) {
    this.#sink = sink
    this.#opened = opened
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    if (this.#opened !== null) {
      await untilAborted(this.#opened, signal)
      this.#opened = null
    }
    return await this.#sink.write(bulk, signal)
  }

  close(): Promise<void> {
    return this.#sink.close()
  }
}
