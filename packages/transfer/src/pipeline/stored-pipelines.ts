import {
  type ConfigStore,
  formatFaults,
  keysOf,
  openEtcdStore,
  parseKey,
  parsePipeline,
  type TransferSettings,
} from '@logpipe/config'
import { Backoff, describeError, isLogpipeError, untilAborted } from '@logpipe/runtime'
import type { Events } from '../events.ts'
import type { Pipelines } from './pipelines.ts'

/** A watch alone is not trusted: all keys are read anew so often. */
const reconcileMs = 60_000

export interface StoredPipelinesOptions {
  store: ConfigStore
  prefix: string
  pipelines: Pipelines
  events: Pick<Events, 'pipelineChanged' | 'pipelineRefused' | 'pipelinesAway'>
  reconcileMs?: number
}

/**
 * Follows the pipelines of the store: read, then watch from that revision + 1, read again every minute and whenever the watch ends.
 * A value that is no pipeline changes nothing but is told; the one from before goes on.
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
    const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 })
    while (!signal.aborted) {
      try {
        const revision = await this.#read()
        backoff.reset()
        this.#known.resolve()
        await this.#watch(revision + 1, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#options.events.pipelinesAway(error)
        await backoff.wait(signal).catch(() => undefined)
      }
    }
  }

  async #read(): Promise<number> {
    const { revision, items } = await this.#options.store.list(this.#folder)
    const gone = new Set(this.#texts.keys())
    for (const { key, value } of items) {
      gone.delete(key)
      this.#take(key, value)
    }
    for (const key of gone) this.#take(key, null)
    return revision
  }

  /** Resolves when it is time to read again. */
  async #watch(from: number, signal: AbortSignal): Promise<void> {
    const again = AbortSignal.any([signal, AbortSignal.timeout(this.#options.reconcileMs ?? reconcileMs)])
    const { store } = this.#options
    await store.watch(
      this.#folder,
      from,
      (change) => this.#take(change.key, change.kind === 'put' ? change.value : null),
      again,
    )
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
      if (!isLogpipeError(error, 'settings_invalid')) throw error
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
