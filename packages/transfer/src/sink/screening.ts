import type { Bulk } from './bulk.ts'
import type { Outcome, Sink } from './sink.ts'

/** A sink that is sent only those items of a bulk that their writer did not refuse; the refused ones are rejected unsent. */
export class ScreeningSink implements Sink {
  readonly #sink: Sink

  constructor(sink: Sink) {
    this.#sink = sink
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const { refused } = bulk
    if (refused.length === 0) return await this.#sink.write(bulk, signal)
    const unsent = new Set(refused.map(({ item }) => item))
    const sent = Array.from({ length: bulk.count }, (_, item) => item).filter((item) => !unsent.has(item))
    if (sent.length === 0) return { accepted: 0, existing: 0, retry: [], retryReason: null, rejected: refused }
    const picked = bulk.pick(sent)
    const outcome = await this.#sink.write(picked, signal)
    bulk.attempts = picked.attempts
    const inBulk = (item: number): number => sent[item] as number
    const rejected = outcome.rejected.map((rejection) => ({ ...rejection, item: inBulk(rejection.item) }))
    return {
      ...outcome,
      retry: outcome.retry.map(inBulk),
      rejected: [...rejected, ...refused].sort((a, b) => a.item - b.item),
    }
  }

  close(): Promise<void> {
    return this.#sink.close()
  }
}
