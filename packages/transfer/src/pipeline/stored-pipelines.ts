import {
  type ConfigStore,
  followKeys,
  formatFaults,
  keysOf,
  openEtcdStore,
  parseKey,
  parsePipeline,
  type StoreItem,
  type TransferSettings,
} from '@logpipe/config'
import { describeError, untilAborted } from '@logpipe/runtime'
import type { Events } from '../events.ts'
import type { Pipelines } from './pipelines.ts'

export interface StoredPipelinesOptions {
  store: ConfigStore
  prefix: string
  pipelines: Pipelines
  events: Pick<Events, 'pipelineChanged' | 'pipelineRefused' | 'pipelinesAway'>
  reconcileMs?: number
}

/**
 * Keeps pipelines in step with those of the store. A value that is no pipeline changes nothing but is told; the one from before goes on.
 */
export class StoredPipelines {
  readonly #options: StoredPipelinesOptions
  readonly #folder: string
  /** What each key held when it was last looked at. */
  readonly #texts = new Map<string, string>()
  readonly #known = Promise.withResolvers<void>()

  constructor(options: StoredPipelinesOptions) {
    this.#options = options
    this.#folder = keysOf(options.prefix, 'pipeline')
  }

  /** Resolves when they have been read once; pending while the store has not answered. */
  get known(): Promise<void> {
    return this.#known.promise
  }

  /** Follows until `signal` aborts, whatever the store does. */
  async follow(signal: AbortSignal): Promise<void> {
    const { store, events, reconcileMs } = this.#options
    await followKeys(
      {
        store,
        prefix: this.#folder,
        onChange: ({ items }) => this.#sync(items),
        onReach: (error) => {
          if (error !== null) events.pipelinesAway(error)
        },
        ...(reconcileMs === undefined ? {} : { reconcileMs }),
      },
      signal,
    )
  }

  #sync(items: ReadonlyMap<string, StoreItem>): void {
    for (const key of this.#texts.keys()) {
      if (!items.has(key)) this.#take(key, null)
    }
    for (const { key, value } of items.values()) this.#take(key, value)
    this.#known.resolve()
  }

  #take(key: string, text: string | null): void {
    const { prefix, pipelines, events } = this.#options
    const parsed = parseKey(prefix, key)
    if (parsed?.kind !== 'pipeline' || this.#texts.get(key) === (text ?? undefined)) return
    if (text === null) {
      this.#texts.delete(key)
      pipelines.remove(parsed.name)
      events.pipelineChanged(parsed.name, 'removed')
      return
    }
    this.#texts.set(key, text)
    const checked = parsePipeline(text, key)
    if (!checked.ok) return events.pipelineRefused(key, formatFaults(checked.faults).trim())
    try {
      pipelines.put(parsed.name, checked.value)
      events.pipelineChanged(parsed.name, 'put')
    } catch (error) {
      // A pattern that cannot be used; the schema does not know.
      events.pipelineRefused(key, describeError(error))
    }
  }
}

/**
 * Begins to follow the pipelines in etcd, where the settings name one. `known` resolves when they are (at once without etcd) and rejects
 * with `aborted`; `close` ends the following.
 */
export async function openStoredPipelines(
  etcd: TransferSettings['etcd'],
  pipelines: Pipelines,
  events: Events,
  signal: AbortSignal,
): Promise<{ known: Promise<void>; close(): Promise<void> }> {
  if (etcd === undefined) return { known: Promise.resolve(), close: () => Promise.resolve() }
  const { prefix, ...connection } = etcd
  const store = await openEtcdStore(connection)
  const ending = new AbortController()
  const stored = new StoredPipelines({ store, prefix, pipelines, events })
  const following = stored.follow(AbortSignal.any([signal, ending.signal]))
  const known = untilAborted(stored.known, signal)
  // Who waits for it learns of an abort; without one, it must not count as unhandled.
  known.catch(() => {})
  return {
    known,
    close: async () => {
      ending.abort()
      await following
      await store.close()
    },
  }
}
