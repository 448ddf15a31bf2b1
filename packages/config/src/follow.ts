import { Backoff } from '@logpipe/runtime/backoff'
import type { ConfigStore, StoreItem } from './store.ts'

/** What stands under a prefix, by key, at one revision of the store. */
export interface Followed {
  /** Lives: what changes later changes it, too. */
  readonly items: ReadonlyMap<string, StoreItem>
  readonly revision: number
  /** The store's revision went back: an older copy of it was restored. What it holds now is what counts. */
  readonly wentBack: boolean
}

export interface FollowOptions {
  store: ConfigStore
  prefix: string
  /** Called with all that stands there: once, then whenever any of it has changed. Whoever throws ends the following. */
  onChange: (followed: Followed) => void
  /** The store answered, or it did not (why). Called when that changes. */
  onReach?: (error: unknown) => void
  /** A watch alone is not trusted: all is read anew so often, or up to a quarter of it sooner. Default 60,000. */
  reconcileMs?: number
}

/** Who reads but never gets a watch that lasts must not read all again five times a second. */
const steadyMs = 2_000

/**
 * Keeps somebody in step with what stands under a prefix, until `signal` aborts, whatever the store does: reads all, watches from that revision + 1,
 * reads again every minute and whenever the watch ends (connection lost, revisions forgotten). An older copy that was restored is noticed then.
 */
export async function followKeys(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { store, prefix, onReach, reconcileMs = 60_000 } = options
  const follower = new Follower(options.onChange)
  const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 })
  let isReached: boolean | null = null
  const reach = (error: unknown): void => {
    const was = isReached
    isReached = error === null
    if (was !== isReached) onReach?.(error)
  }
  while (!signal.aborted) {
    try {
      const { revision, items } = await store.list(prefix)
      if (signal.aborted) return
      reach(null)
      follower.replace(items, revision)
      const began = performance.now()
      const steady = (): void => {
        if (performance.now() - began >= steadyMs) backoff.reset()
      }
      const again = AbortSignal.any([signal, AbortSignal.timeout(Math.round(reconcileMs * spread()))])
      await store.watch(prefix, revision + 1, (change) => follower.change(change), again).finally(steady)
    } catch (error) {
      if (follower.failure !== null) throw follower.failure.error
      if (signal.aborted) return
      reach(error)
      await backoff.wait(signal).catch(() => undefined)
    }
  }
}

/** Thousands that began together, after an outage of the store, shall not read all again at the same moment. */
function spread(): number {
  return 0.75 + Math.random() / 4
}

class Follower {
  /** What the listener threw. */
  failure: { error: unknown } | null = null
  readonly #onChange: (followed: Followed) => void
  #items: Map<string, StoreItem> | null = null
  #revision = 0

  constructor(onChange: (followed: Followed) => void) {
    this.#onChange = onChange
  }

  replace(list: readonly StoreItem[], revision: number): void {
    const before = this.#items
    const wentBack = revision < this.#revision
    this.#items = new Map(list.map((item) => [item.key, item]))
    this.#revision = revision
    if (before === null || wentBack || !holdsTheSame(before, this.#items)) this.#tell(wentBack)
  }

  change(change: { kind: 'put' | 'delete'; key: string; value?: string; modRevision: number }): void {
    const { key, value = '', modRevision } = change
    // In place: thousands of instances of services may stand here, and each start of one is a change.
    const items = (this.#items ??= new Map())
    if (change.kind === 'put') items.set(key, { key, value, modRevision })
    else items.delete(key)
    this.#revision = modRevision
    this.#tell(false)
  }

  #tell(wentBack: boolean): void {
    try {
      this.#onChange({ items: this.#items ?? new Map(), revision: this.#revision, wentBack })
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }
}

/** By revision as well: the same value written again is a wish that can be reported on. */
function holdsTheSame(a: ReadonlyMap<string, StoreItem>, b: ReadonlyMap<string, StoreItem>): boolean {
  if (a.size !== b.size) return false
  for (const [key, { value, modRevision }] of b) {
    const other = a.get(key)
    if (other === undefined || other.value !== value || other.modRevision !== modRevision) return false
  }
  return true
}
