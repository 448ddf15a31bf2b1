import {
  type ConfigStore,
  type EntryStatus,
  type Followed,
  followKeys,
  formatFaults,
  keysOf,
  parseKey,
  parsePipeline,
  type StoreItem,
} from '@logpipe/config'
import { describeError } from '@logpipe/runtime'
import type { Events } from '../events.ts'
import type { Pipelines } from './pipelines.ts'

export interface StoredPipelinesOptions {
  store: ConfigStore
  prefix: string
  pipelines: Pipelines
  events: Pick<
    Events,
    'pipelineChanged' | 'pipelineRefused' | 'pipelinesAway' | 'pipelinesWentBack' | 'keptPipelinesUsed'
  >
  /** What was used when a transfer ended here; null: nothing is known of that. */
  kept?: readonly StoreItem[] | null
  /** Called whenever the store has said something new. */
  onSync?: (state: StoredState) => void
  /** Called when the store turns out to be an older copy of itself. */
  onWentBack?: () => void
  reconcileMs?: number
}

/** What has become of the store's pipelines. */
export interface StoredState {
  /** One row for each. */
  rows: EntryStatus[]
  /** The values that are in use: for one that cannot be used, the one from before. */
  used: StoreItem[]
}

/** A pipeline of the store. */
interface Stored {
  name: string
  /** What the store holds; null: it has not been asked since the start. */
  item: StoreItem | null
  /** What is in use; null: it never could be used. */
  used: StoreItem | null
  /** Why the store's cannot be used, in a sentence. */
  error: string | null
}

/**
 * Keeps pipelines in step with those of the store. A value that is no pipeline changes nothing but is told; the one from before goes on, that of the last
 * run too. One owner.
 */
export class StoredPipelines {
  readonly #options: StoredPipelinesOptions
  readonly #stored = new Map<string, Stored>()
  readonly #known = Promise.withResolvers<void>()
  #isKnown = false

  constructor(options: StoredPipelinesOptions) {
    this.#options = options
    for (const item of options.kept ?? []) this.#restore(item)
  }

  /** Resolves when they have been read once, or the store does not answer and those of the last run are used. */
  get known(): Promise<void> {
    return this.#known.promise
  }

  /** Follows until `signal` aborts, whatever the store does. */
  async follow(signal: AbortSignal): Promise<void> {
    const { store, prefix, reconcileMs } = this.#options
    await followKeys(
      {
        store,
        prefix: keysOf(prefix, 'pipeline'),
        onChange: (followed) => this.#sync(followed),
        onReach: (error) => this.#reached(error),
        ...(reconcileMs === undefined ? {} : { reconcileMs }),
      },
      signal,
    )
  }

  #reached(error: unknown): void {
    if (error === null) return
    const { events, kept = null } = this.#options
    events.pipelinesAway(error)
    if (kept === null || this.#isKnown) return
    events.keptPipelinesUsed(this.#stored.size)
    this.#markKnown()
  }

  #sync({ items, wentBack }: Followed): void {
    const { prefix, pipelines, events, onSync, onWentBack } = this.#options
    if (wentBack) {
      events.pipelinesWentBack()
      onWentBack?.()
    }
    for (const [key, { name }] of this.#stored) {
      if (items.has(key)) continue
      pipelines.remove(name)
      this.#stored.delete(key)
      events.pipelineChanged(name, 'removed')
    }
    for (const item of items.values()) {
      const target = parseKey(prefix, item.key)
      if (target?.kind === 'pipeline') this.#take(target.name, item)
    }
    onSync?.(this.#state())
    this.#markKnown()
  }

  #markKnown(): void {
    this.#isKnown = true
    this.#known.resolve()
  }

  #take(name: string, item: StoreItem): void {
    const before = this.#stored.get(item.key)
    if (before?.item === item) return
    if (before?.item?.value === item.value || (before?.item === null && before.used?.value === item.value)) {
      // Another revision of the same text, or what the last run used.
      const isGood = before.used?.value === item.value
      this.#stored.set(item.key, { ...before, item, ...(isGood && { used: item, error: null }) })
      return
    }
    const error = this.#put(name, item)
    this.#stored.set(item.key, { name, item, used: error === null ? item : (before?.used ?? null), error })
    const { events } = this.#options
    if (error === null) events.pipelineChanged(name, 'put')
    else events.pipelineRefused(item.key, error)
  }

  /** One of the last run: a value that this version cannot use any more is left out. */
  #restore(item: StoreItem): void {
    const target = parseKey(this.#options.prefix, item.key)
    if (target?.kind !== 'pipeline' || this.#put(target.name, item) !== null) return
    this.#stored.set(item.key, { name: target.name, item: null, used: item, error: null })
  }

  /** Why it cannot be used, in a sentence; null where it is in use now. */
  #put(name: string, { key, value }: StoreItem): string | null {
    const checked = parsePipeline(value, key)
    if (!checked.ok) return formatFaults(checked.faults).trim()
    try {
      this.#options.pipelines.put(name, checked.value)
      return null
    } catch (error) {
      // A pattern that cannot be used; the schema does not know.
      return describeError(error)
    }
  }

  #state(): StoredState {
    const stored = Array.from(this.#stored.values())
    return {
      rows: stored.flatMap((one) => (one.item === null ? [] : [rowOf(one, one.item)])),
      used: stored.flatMap(({ used }) => (used === null ? [] : [used])),
    }
  }
}

/** Read by thousands: not more than a screen of it. */
const maxErrorLength = 1_000

function rowOf({ name, used, error }: Stored, { modRevision }: StoreItem): EntryStatus {
  const revisions = { desired: modRevision, attempted: modRevision, applied: used?.modRevision ?? null }
  const reason = error === null ? null : error.slice(0, maxErrorLength)
  return { id: name, ...revisions, state: reason === null ? 'APPLIED' : 'FAILED', error: reason }
}
