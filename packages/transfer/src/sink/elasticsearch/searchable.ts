import { type Clock, sleep, systemClock } from '@logpipe/runtime'
import { actionOf } from '../action.ts'
import type { Bulk } from '../bulk.ts'
import type { Outcome, Sink } from '../sink.ts'
import type { ElasticsearchClient } from './client.ts'

/** One document is followed at a time, and the next one not sooner than this after the one before. */
const everyMs = 15_000
const lookMs = 100
/** What is not found by then counts with the time that it was searched for. */
const patienceMs = 60_000

export interface SearchableOptions {
  /** Told how long after its line was read a document was found, in seconds. */
  onFound: (seconds: number) => void
  /** Told once that nothing can be searched for, with the status that says so. */
  onForbidden: (status: number) => void
  clock?: Clock
}

/**
 * A sink that follows one of the documents that it wrote, now and then, until a search finds it: the time from the reading of a line to when people
 * can find it, refresh and all, which no answer to a bulk tells. Never holds up a bulk; where we may not search, it gives up for good.
 */
export class SearchableSink implements Sink {
  readonly #sink: Sink
  readonly #client: ElasticsearchClient
  readonly #options: SearchableOptions
  readonly #clock: Clock
  #nextMs = -Infinity

  constructor(sink: Sink, client: ElasticsearchClient, options: SearchableOptions) {
    this.#sink = sink
    this.#client = client
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#sink.write(bulk, signal)
    // What was there before is no measure; nor is what has to be sent again.
    const isNew = outcome.accepted === bulk.count && outcome.existing === 0
    if (isNew && bulk.count > 0 && this.#clock.monotonic() >= this.#nextMs) {
      const readMs = bulk.runs[0]?.segment.firstTimestampMs ?? -1
      // A line may have no time: Kafka refused it.
      if (readMs >= 0) {
        this.#nextMs = Infinity
        // The bulk is somebody else's as soon as we return: what is needed of it is read now.
        void this.#follow(actionOf(bulk, 0), readMs, signal)
      }
    }
    return outcome
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  /** Never rejects: what goes wrong here costs a figure and nothing else. */
  async #follow(document: { target: string; id: string }, readMs: number, signal: AbortSignal): Promise<void> {
    try {
      const endMs = this.#clock.monotonic() + patienceMs
      while (this.#clock.monotonic() < endMs) {
        const status = await this.#look(document, signal)
        if (status === 401 || status === 403) {
          this.#options.onForbidden(status)
          return
        }
        if (status === 'found') break
        await sleep(lookMs, signal)
      }
      this.#options.onFound(Math.max(0, this.#clock.now() - readMs) / 1_000)
    } catch {
      // The server is away, or we are ending.
    }
    this.#nextMs = this.#clock.monotonic() + everyMs
  }

  async #look({ target, id }: { target: string; id: string }, signal: AbortSignal): Promise<number | 'found'> {
    const search = { size: 0, terminate_after: 1, query: { ids: { values: [id] } } }
    const query = { filter_path: 'hits.total.value', ignore_unavailable: 'true', allow_no_indices: 'true' }
    const path = `/${encodeURIComponent(target)}/_search`
    const body = Buffer.from(JSON.stringify(search))
    const answer = await this.#client.request({ method: 'POST', path, query, body }, signal)
    return answer.status === 200 && answer.body.includes('"value":1') ? 'found' : answer.status
  }
}
