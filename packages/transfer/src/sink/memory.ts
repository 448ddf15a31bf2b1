import { abortedError, LogpipeError, untilAborted } from '@logpipe/runtime'
import type { Bulk } from './bulk.ts'
import { fateOf, isDoubtful } from './outcome.ts'
import type { Outcome, Rejection, Sink } from './sink.ts'

export interface MemoryDocument {
  index: string
  id: string
  source: Record<string, unknown>
}

/** What the twin answers for one document: a status as Elasticsearch would give, with the type of the error. */
export interface Answer {
  status: number
  type?: string
}

/**
 * In-memory twin of Elasticsearch: keeps documents by backing index and `_id`, answers 201, then 409. A test may change what is
 * answered (`answer`), let requests fail (`fail`) or hang (`hold`).
 */
export class MemorySink implements Sink {
  readonly documents = new Map<string, MemoryDocument>()
  /** How often each target was rolled over. */
  readonly #rollovers = new Map<string, number>()
  /** Called for every document that is not there yet; may refuse it. */
  answer: (document: MemoryDocument) => Answer = () => ({ status: 201 })
  /** Called for every request; an error it returns is thrown before anything is written. */
  fail: (bulk: Bulk) => LogpipeError | null = () => null
  /** Requests that came, each with its number of items. */
  readonly requests: number[] = []
  #gate: PromiseWithResolvers<void> | null = null

  /** From now on documents of this target are written into a new backing index, which knows no id of the ones before. */
  rollover(target: string): void {
    this.#rollovers.set(target, (this.#rollovers.get(target) ?? 0) + 1)
  }

  /** The backing indices of a target, oldest first. */
  backingIndices(target: string): string[] {
    const last = this.#rollovers.get(target) ?? 0
    return Array.from({ length: last + 1 }, (_, number) => `.ds-${target}-${number}`)
  }

  /** Requests that come from now on wait until `release`. */
  hold(): void {
    this.#gate ??= Promise.withResolvers<void>()
  }

  release(): void {
    this.#gate?.resolve()
    this.#gate = null
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    this.requests.push(bulk.count)
    if (this.#gate !== null) await untilAborted(this.#gate.promise, signal)
    if (signal.aborted) throw abortedError(signal)
    const failure = this.fail(bulk)
    if (failure !== null) throw failure
    const lines = bulk.body.toString('utf8', 0, bulk.byteLength).trimEnd().split('\n')
    if (lines.length !== bulk.count * 2) throw new LogpipeError('internal', 'The bulk is not two lines an item.')
    const retry: number[] = []
    const rejected: Rejection[] = []
    const doubtful: Rejection[] = []
    let existing = 0
    for (let item = 0; item < bulk.count; item++) {
      const { status, type = '' } = this.#put(lines[item * 2] as string, lines[item * 2 + 1] as string)
      const fate = fateOf(status, type)
      if (fate === 'existing') existing++
      if (fate === 'retry') retry.push(item)
      const reason = `The test answered ${status}.`
      if (fate === 'retry' && isDoubtful(status, type)) doubtful.push({ item, type, reason })
      if (fate === 'rejected') rejected.push({ item, type, reason })
    }
    const accepted = bulk.count - retry.length - rejected.length
    const retryReason = retry.length > 0 ? 'The test said so.' : null
    return { accepted, existing, retry, retryReason, rejected, ...(doubtful.length > 0 && { doubtful }) }
  }

  async close(): Promise<void> {
    this.release()
  }

  #put(actionLine: string, sourceLine: string): Answer {
    const action = JSON.parse(actionLine) as { create: { _index: string; _id: string } }
    const source = JSON.parse(sourceLine) as Record<string, unknown>
    const document = { index: action.create._index, id: action.create._id, source }
    const key = `${this.backingIndices(document.index).at(-1)}/${document.id}`
    if (this.documents.has(key)) return { status: 409, type: 'version_conflict_engine_exception' }
    const answer = this.answer(document)
    if (fateOf(answer.status, answer.type ?? '') === 'accepted') this.documents.set(key, document)
    return answer
  }
}
