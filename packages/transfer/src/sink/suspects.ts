import { describeError, isLogpipeError, untilAborted } from '@logpipe/runtime'
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

/** What stands between target and id in an action. */
const idName = '"_id":"'

interface Suspect {
  item: number
  target: string
  id: string
}

/** What a lookup tells of the suspects of a bulk. */
interface Found {
  /** Items that are there already. */
  known: Set<number>
  /** Items of targets that could not be searched, which must wait. */
  unknown: Set<number>
  /** Why, in the words of the first of them; null where all could be searched. */
  reason: string | null
}

/** Items of a bulk by where they go. */
type ByTarget = ReadonlyMap<string, readonly number[]>

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
    const suspects = suspectsByTarget(bulk)
    const indices = await this.#lookup.indices(suspects.keys(), signal)
    const found = await this.#find(bulk, suspects, indices, signal)
    const { known, unknown } = found
    const outcome = await this.#writeRest(bulk, found, signal)
    const unwritten = unknown.size === 0 ? known : new Set([...known, ...unknown])
    if (unwritten.size < bulk.suspects.length) await this.#removeCopies(bulk, suspects, unwritten, indices, signal)
    return outcome
  }

  /** Which of the suspects are there already. A target that cannot be searched (a red backing index) holds up its own items alone. */
  async #find(bulk: Bulk, suspects: ByTarget, indices: Indices, signal: AbortSignal): Promise<Found> {
    // A copy in a target of one index can only stand where the item goes: then the answer to the write, 409, tells.
    const unsure = suspectsIn(bulk, suspects, (target) => (indices.get(target)?.length ?? 0) > 1)
    if (unsure.length === 0) return { known: new Set(), unknown: new Set(), reason: null }
    try {
      return { known: await this.#search(bulk, unsure, signal), unknown: new Set(), reason: null }
    } catch (error) {
      // The server has just listed the indices, so it is there: one of them is the trouble.
      if (signal.aborted || !isLogpipeError(error, 'elasticsearch_unavailable')) throw error
    }
    const found: Found = { known: new Set(), unknown: new Set(), reason: null }
    for (const some of Map.groupBy(unsure, ({ target }) => target).values()) {
      try {
        for (const item of await this.#search(bulk, some, signal)) found.known.add(item)
      } catch (error) {
        if (signal.aborted || !isLogpipeError(error, 'elasticsearch_unavailable')) throw error
        for (const { item } of some) found.unknown.add(item)
        found.reason ??= describeError(error)
      }
    }
    return found
  }

  /** The items of these that are there already. */
  async #search(bulk: Bulk, unsure: readonly Suspect[], signal: AbortSignal): Promise<Set<number>> {
    const places = await this.#lookup.find(targetsOf(unsure), idsOf(unsure), bulk.suspectsSince, signal)
    const found = new Set(places.map(({ id }) => id))
    this.#events.suspectsLookedUp(unsure.length, found.size)
    return new Set(unsure.filter(({ id }) => found.has(id)).map(({ item }) => item))
  }

  /** Writes what is neither there nor unknown; what is unknown is to be sent again. */
  async #writeRest(bulk: Bulk, { known, unknown, reason }: Found, signal: AbortSignal): Promise<Outcome> {
    const unsent = new Set([...known, ...unknown, ...(bulk.hasCopies ? twinsIn(bulk) : [])])
    if (unsent.size === 0) return await this.#sink.write(bulk, signal)
    const rest = Array.from({ length: bulk.count }, (_, item) => item).filter((item) => !unsent.has(item))
    const outcome = rest.length === 0 ? allAccepted(0) : await this.#sink.write(bulk.pick(rest), signal)
    const inBulk = (item: number): number => rest[item] as number
    const existing = unsent.size - unknown.size
    return {
      ...outcome,
      accepted: outcome.accepted + existing,
      existing: outcome.existing + existing,
      retry: [...outcome.retry.map(inBulk), ...unknown].sort((a, b) => a - b),
      retryReason: outcome.retryReason ?? reason,
      rejected: outcome.rejected.map((rejection) => ({ ...rejection, item: inBulk(rejection.item) })),
    }
  }

  /**
   * Where a target got a new index meanwhile, another process (one that hung and came back) may have written the same record
   * into the former one, after we looked. Of such copies the one in the new index goes: whoever removes one keeps the oldest.
   */
  async #removeCopies(
    bulk: Bulk,
    suspects: ByTarget,
    known: ReadonlySet<number>,
    before: Indices,
    signal: AbortSignal,
  ): Promise<void> {
    const after = await this.#lookup.indices(suspects.keys(), signal)
    const isNew = (target: string, index: string): boolean => before.get(target)?.includes(index) !== true
    const hasNew = (target: string): boolean => {
      const list = after.get(target) ?? []
      return list.length > 1 && list.some((index) => isNew(target, index))
    }
    const doubtful = suspectsIn(bulk, suspects, hasNew).filter(({ item }) => !known.has(item))
    if (doubtful.length === 0) return
    const places = await this.#lookup.find(targetsOf(doubtful), idsOf(doubtful), performance.now(), signal)
    const found = Map.groupBy(places, ({ id }) => id)
    const copies = doubtful.flatMap(({ id, target }) => {
      const age = (place: FoundId): number => after.get(target)?.indexOf(place.index) ?? 0
      const oldestFirst = (found.get(id) ?? []).sort((a, b) => age(a) - age(b))
      return oldestFirst.slice(1).filter(({ index }) => isNew(target, index))
    })
    if (copies.length === 0) return
    const error = await this.#lookup.remove(copies, signal).then(
      () => null,
      (reason: unknown) => reason,
    )
    this.#events.copiesRemoved(copies.length, error)
  }
}

/**
 * Items whose id an item before them has that goes to another target: by their dates a record and its copy may belong to two indices. They
 * count as existing: what becomes of the first of them, its own record sees to that.
 */
function twinsIn(bulk: Bulk): Set<number> {
  const targets = new Map<string, string>()
  const twins = new Set<number>()
  for (let item = 0; item < bulk.count; item++) {
    const { target, id } = actionOf(bulk, item)
    const first = targets.get(id)
    if (first === undefined) targets.set(id, target)
    else if (first !== target) twins.add(item)
  }
  return twins
}

function targetsOf(suspects: readonly Suspect[]): Set<string> {
  return new Set(suspects.map(({ target }) => target))
}

function idsOf(suspects: readonly Suspect[]): string[] {
  return suspects.map(({ id }) => id)
}

/** The suspects of those targets that are wanted. */
function suspectsIn(bulk: Bulk, suspects: ByTarget, isWanted: (target: string) => boolean): Suspect[] {
  return [...suspects].flatMap(([target, items]) =>
    isWanted(target) ? items.map((item) => ({ item, ...actionOf(bulk, item) })) : [],
  )
}

/**
 * The items of each target. All records of a first start are suspects: where one goes to the same target as the one before it, which the
 * bytes of its action tell, nothing is made of it.
 */
function suspectsByTarget(bulk: Bulk): ByTarget {
  const byTarget = new Map<string, number[]>()
  let front = Buffer.alloc(0)
  let items: number[] = []
  for (const item of bulk.suspects) {
    const start = bulk.startOf(item)
    if (front.length === 0 || bulk.body.compare(front, 0, front.length, start, start + front.length) !== 0) {
      const { target } = actionOf(bulk, item)
      front = Buffer.from(bulk.body.subarray(start, bulk.body.indexOf(idName, start) + idName.length))
      items = byTarget.get(target) ?? []
      byTarget.set(target, items)
    }
    items.push(item)
  }
  return byTarget
}
