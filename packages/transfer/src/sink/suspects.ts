import { untilAborted } from '@logpipe/runtime'
import { actionOf } from './action.ts'
import type { Bulk } from './bulk.ts'
import type { FoundId, Lookup } from './lookup.ts'
import { allAccepted, type Outcome, type Sink } from './sink.ts'

/** What is told of suspects. */
export interface SuspectEvents {
  /** So many were looked up (none where a target has one index alone, which tells by itself), so many were there. */
  suspectsLookedUp(count: number, found: number): void
  /** So many were written at the very moment that another copy was; `error`: why these could not be removed. */
  copiesRemoved(count: number, error: unknown): void
}

interface Suspect {
  item: number
  target: string
  id: string
}

type Indices = ReadonlyMap<string, readonly string[]>

/**
 * A sink that looks suspects up in all indices of their target before it writes them: Elasticsearch knows ids per index only,
 * so one that was written before a rollover would be written again. What is found counts as existing and is not sent.
 */
export class SuspectsSink implements Sink {
  readonly #sink: Sink
  readonly #lookup: Lookup
  readonly #events: SuspectEvents
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(sink: Sink, lookup: Lookup, events: SuspectEvents) {
    this.#sink = sink
    this.#lookup = lookup
    this.#events = events
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const before = bulk.hasCopies ? [...this.#underWay] : []
    const writing = bulk.suspects.length === 0 ? this.#sink.write(bulk, signal) : this.#look(bulk, before, signal)
    this.#underWay.add(writing)
    try {
      return await writing
    } finally {
      this.#underWay.delete(writing)
    }
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  async #look(bulk: Bulk, before: readonly Promise<unknown>[], signal: AbortSignal): Promise<Outcome> {
    // A bulk sent before may hold the first copy of the same record, and may be carried out after this one.
    await untilAborted(Promise.allSettled(before), signal)
    const suspects = suspectsOf(bulk)
    const targets = new Set(suspects.map(({ target }) => target))
    const indices = await this.#lookup.indices(targets, signal)
    const found = await this.#find(suspects, indices, signal)
    const outcome = await this.#writeRest(bulk, suspects, found, signal)
    await this.#removeCopies(
      suspects.filter(({ id }) => !found.has(id)),
      indices,
      signal,
    )
    return outcome
  }

  async #find(suspects: readonly Suspect[], indices: Indices, signal: AbortSignal): Promise<ReadonlySet<string>> {
    // A copy in a target of one index can only stand where the item goes: then the answer to the write, 409, tells.
    const unsure = suspects.filter(({ target }) => (indices.get(target)?.length ?? 0) > 1)
    if (unsure.length === 0) return new Set()
    const found = await this.#lookup.find(targetsOf(unsure), idsOf(unsure), signal)
    const ids = new Set(found.map(({ id }) => id))
    this.#events.suspectsLookedUp(unsure.length, ids.size)
    return ids
  }

  async #writeRest(
    bulk: Bulk,
    suspects: readonly Suspect[],
    found: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (found.size === 0) return await this.#sink.write(bulk, signal)
    const known = new Set(suspects.filter(({ id }) => found.has(id)).map(({ item }) => item))
    const rest = Array.from({ length: bulk.count }, (_, item) => item).filter((item) => !known.has(item))
    const outcome = rest.length === 0 ? allAccepted(0) : await this.#sink.write(bulk.pick(rest), signal)
    const inBulk = (item: number): number => rest[item] as number
    return {
      ...outcome,
      accepted: outcome.accepted + known.size,
      existing: outcome.existing + known.size,
      retry: outcome.retry.map(inBulk),
      rejected: outcome.rejected.map((rejection) => ({ ...rejection, item: inBulk(rejection.item) })),
    }
  }

  /**
   * Where a target got a new index meanwhile, another process (one that hung and came back) may have written the same record
   * into the former one, after we looked. Of such copies the one in the new index goes: whoever removes one keeps the oldest.
   */
  async #removeCopies(written: readonly Suspect[], before: Indices, signal: AbortSignal): Promise<void> {
    if (written.length === 0) return
    const after = await this.#lookup.indices(targetsOf(written), signal)
    const isNew = (target: string, index: string): boolean => before.get(target)?.includes(index) !== true
    const doubtful = written.filter(({ target }) => {
      const list = after.get(target) ?? []
      return list.length > 1 && list.some((index) => isNew(target, index))
    })
    if (doubtful.length === 0) return
    const found = Map.groupBy(await this.#lookup.find(targetsOf(doubtful), idsOf(doubtful), signal), ({ id }) => id)
    const copies = doubtful.flatMap(({ id, target }) => {
      const age = (place: FoundId): number => after.get(target)?.indexOf(place.index) ?? 0
      const places = (found.get(id) ?? []).sort((a, b) => age(a) - age(b))
      return places.slice(1).filter(({ index }) => isNew(target, index))
    })
    if (copies.length === 0) return
    const error = await this.#lookup.remove(copies, signal).then(
      () => null,
      (reason: unknown) => reason,
    )
    this.#events.copiesRemoved(copies.length, error)
  }
}

function targetsOf(suspects: readonly Suspect[]): Set<string> {
  return new Set(suspects.map(({ target }) => target))
}

function idsOf(suspects: readonly Suspect[]): string[] {
  return suspects.map(({ id }) => id)
}

function suspectsOf(bulk: Bulk): Suspect[] {
  return bulk.suspects.map((item) => ({ item, ...actionOf(bulk, item) }))
}
