import { abortedError } from '@logpipe/runtime'
import type { FoundId, Lookup } from './lookup.ts'
import type { MemorySink } from './memory.ts'

/** In-memory twin: looks into a MemorySink. */
export class MemoryLookup implements Lookup {
  /** Ids of every lookup. */
  readonly asked: string[][] = []
  /** Called before a lookup is answered. */
  onFind: () => void = () => {}
  readonly #sink: MemorySink

  constructor(sink: MemorySink) {
    this.#sink = sink
  }

  async indices(targets: Iterable<string>, signal: AbortSignal): Promise<Map<string, readonly string[]>> {
    if (signal.aborted) throw abortedError(signal)
    return new Map([...targets].map((target) => [target, this.#sink.backingIndices(target)]))
  }

  async find(targets: Iterable<string>, ids: readonly string[]): Promise<FoundId[]> {
    this.asked.push([...ids])
    this.onFind()
    return [...targets]
      .flatMap((target) => this.#sink.backingIndices(target))
      .flatMap((index) => ids.map((id) => ({ id, index })))
      .filter((place) => this.#sink.documents.has(keyOf(place)))
  }

  async remove(documents: readonly FoundId[]): Promise<void> {
    for (const place of documents) this.#sink.documents.delete(keyOf(place))
  }
}

function keyOf({ id, index }: FoundId): string {
  return `${index}/${id}`
}
