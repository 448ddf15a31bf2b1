import type { Lease, Leases } from './lease.ts'
import { compactedError, conflictError, leaseOverError, listenerError, unavailableError } from './store-errors.ts'
import type { ConfigStore, DeleteOptions, ListOptions, PutOptions, StoreChange, StoreItem } from './store.ts'

interface Watch {
  prefix: string
  onChange(change: StoreChange): void
  end(error?: Error): void
}

/** The in-memory twin of the etcd store, for tests. Leases are noted, not timed: `endLease` lets one run out. */
export class MemoryStore implements ConfigStore, Leases {
  readonly #items = new Map<string, StoreItem>()
  readonly #leases = new Map<string, string>()
  readonly #lost = new Map<string, AbortController>()
  readonly #created = new Map<string, number>()
  readonly #watches = new Set<Watch>()
  #history: StoreChange[] = []
  #revision = 1
  #oldest = 1
  #available = true

  async list(
    prefix: string,
    { from = prefix, limit = Infinity }: ListOptions = {},
  ): Promise<{ revision: number; items: StoreItem[] }> {
    this.#demand()
    const inOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
    const items = [...this.#items.values()].filter(({ key }) => key.startsWith(prefix) && inOrder(key, from) >= 0)
    items.sort((a, b) => inOrder(a.key, b.key))
    const part = items.slice(0, limit)
    return { revision: this.#revision, items: part.map((item) => this.#withLease(item)) }
  }

  async watch(
    prefix: string,
    fromRevision: number,
    onChange: (change: StoreChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return
    this.#demand()
    if (fromRevision < this.#oldest) throw compactedError(fromRevision)
    const missed = this.#history.filter((change) => change.modRevision >= fromRevision && change.key.startsWith(prefix))
    let watch: Watch | undefined
    const ended = new Promise<void>((resolve, reject) => {
      watch = { prefix, onChange, end: (error) => (error === undefined ? resolve() : reject(error)) }
      this.#watches.add(watch)
      signal.addEventListener('abort', () => resolve(), { once: true })
      for (const change of missed) deliver(watch, change)
    })
    try {
      await ended
    } finally {
      if (watch !== undefined) this.#watches.delete(watch)
    }
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    this.#demand()
    this.#check(key, options)
    const { beside = [], lease } = options
    if (lease !== undefined && this.#lost.get(lease)?.signal.aborted !== false) throw leaseOverError()
    const modRevision = ++this.#revision
    this.#write({ key, value }, modRevision, lease)
    for (const item of beside) this.#write(item, modRevision)
    return modRevision
  }

  async lease(ttlMs: number): Promise<Lease> {
    this.#demand()
    const id = String(this.#lost.size + 1)
    const lost = new AbortController()
    this.#lost.set(id, lost)
    return { id, ttlMs, lost: lost.signal, revoke: () => this.endLease(id) }
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    this.#demand()
    this.#check(key, options)
    const { beside = [] } = options
    const wasThere = this.#items.delete(key)
    if (!wasThere && beside.length === 0) return false
    const modRevision = ++this.#revision
    this.#leases.delete(key)
    this.#created.delete(key)
    if (wasThere) this.#tell({ kind: 'delete', key, modRevision })
    for (const item of beside) this.#write(item, modRevision)
    return wasThere
  }

  async close(): Promise<void> {
    this.setAvailable(false)
    for (const lost of this.#lost.values()) lost.abort()
  }

  /** Lets a lease run out: every key under it goes. */
  async endLease(lease: string): Promise<void> {
    this.#lost.get(lease)?.abort()
    const keys = [...this.#leases].filter(([, held]) => held === lease).map(([key]) => key)
    for (const key of keys) await this.delete(key)
  }

  /** Forgets the changes before `revision`, as etcd does. */
  compact(revision: number): void {
    this.#oldest = revision
    this.#history = this.#history.filter((change) => change.modRevision >= revision)
  }

  /** Away: every call and every watch fails with `etcd_unavailable`. */
  setAvailable(available: boolean): void {
    this.#available = available
    if (available) return
    for (const watch of this.#watches) watch.end(unavailableError('The store does not answer.'))
  }

  #check(key: string, { ifRevision, fence }: DeleteOptions): void {
    const present = this.#items.get(key)?.modRevision ?? 0
    if (ifRevision !== undefined && ifRevision !== present) throw conflictError(key)
    if (fence !== undefined && (this.#created.get(fence.key) ?? 0) !== fence.createRevision) throw conflictError(key)
  }

  #write(item: { key: string; value: string }, modRevision: number, lease?: string): void {
    if (!this.#items.has(item.key)) this.#created.set(item.key, modRevision)
    this.#items.set(item.key, { ...item, modRevision })
    if (lease === undefined) this.#leases.delete(item.key)
    else this.#leases.set(item.key, lease)
    this.#tell({ kind: 'put', ...item, modRevision })
  }

  #withLease(item: StoreItem): StoreItem {
    const lease = this.#leases.get(item.key)
    return lease === undefined ? { ...item } : { ...item, lease }
  }

  #demand(): void {
    if (!this.#available) throw unavailableError('The store does not answer.')
  }

  #tell(change: StoreChange): void {
    this.#history.push(change)
    for (const watch of this.#watches) {
      if (change.key.startsWith(watch.prefix)) deliver(watch, change)
    }
  }
}

function deliver(watch: Watch, change: StoreChange): void {
  try {
    watch.onChange(change)
  } catch (error) {
    watch.end(listenerError(error))
  }
}
