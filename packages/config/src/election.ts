import { isLogpipeError } from '@logpipe/runtime/errors'
import { Backoff } from '@logpipe/runtime/backoff'
import type { Leases } from './lease.ts'
import type { ConfigStore, Fence } from './store.ts'

/** What the elected one works with. */
export interface Term {
  /** For every write that only the elected one may do. */
  readonly fence: Fence
  /** Aborts when the term may be over, or nothing is wanted any more: work must stop then. */
  readonly signal: AbortSignal
}

export interface ElectionOptions {
  store: ConfigStore & Leases
  /** The lock: one holder at a time (`locks/<name>`). */
  key: string
  /** Who holds it, for people who look. */
  owner: string
  /** How long nobody works after the elected one has died, at most. Default 15,000. */
  ttlMs?: number
  /** Why it cannot stand for election now (etcd is away, a right is missing); told at each try. */
  onHindered?: (error: unknown) => void
}

/** A watch alone is not trusted: whether the lock is free is looked at so often. */
const lookMs = 60_000

/**
 * Does `work` as the only one of all who call this with the same key; waits until it is this one's turn. A term that is lost while the work goes on
 * begins anew with the next turn. Resolves when the work is done, or `signal` aborts; rejects with what the work throws. An etcd that is away
 * is waited for.
 */
export async function whenElected(
  { store, key, owner, ttlMs = 15_000, onHindered }: ElectionOptions,
  work: (term: Term) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 })
  // A right that is missing is given by a person; each try is a lease, which etcd writes to disk.
  const refused = new Backoff({ baseMs: 5_000, maxMs: 60_000 })
  while (!signal.aborted) {
    try {
      await untilFree(store, key, signal)
      if (signal.aborted) return
      const lease = await store.lease(ttlMs)
      try {
        const createRevision = await store.put(key, owner, { ifRevision: 0, lease: lease.id })
        backoff.reset()
        refused.reset()
        const term = { fence: { key, createRevision }, signal: AbortSignal.any([signal, lease.lost]) }
        const isDone = await done(store, work, term)
        if (isDone) return
      } finally {
        await lease.revoke()
      }
    } catch (error) {
      if (error instanceof WorkFailed) throw error.cause
      // Somebody was faster, or etcd is away.
      if (!isLogpipeError(error)) throw error
      if (error.code !== 'etcd_conflict') onHindered?.(error)
      await (error.code === 'etcd_rejected' ? refused : backoff).wait(signal).catch(() => undefined)
    }
  }
}

class WorkFailed extends Error {}

/** Whether the work came to its end within the term. Rejects where it failed, and where after a conflict the lock cannot be looked at. */
async function done(store: ConfigStore, work: (term: Term) => Promise<void>, term: Term): Promise<boolean> {
  try {
    await work(term)
  } catch (cause) {
    // What fails because the term is over is no failure. The fence may say so before our own clock does.
    if (term.signal.aborted) return false
    if (isLogpipeError(cause, 'etcd_conflict') && !(await stands(store, term.fence))) return false
    throw new WorkFailed('', { cause })
  }
  return !term.signal.aborted
}

/** Whether the lock is still the one that we made: it is written once, when it is made. */
async function stands(store: ConfigStore, { key, createRevision }: Fence): Promise<boolean> {
  const { items } = await store.list(key)
  return items.some((item) => item.key === key && item.modRevision === createRevision)
}

/** Resolves when nobody seems to hold the lock. */
async function untilFree(store: ConfigStore, key: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { revision, items } = await store.list(key)
    if (!items.some((item) => item.key === key)) return
    const free = new AbortController()
    const either = AbortSignal.any([signal, free.signal, AbortSignal.timeout(lookMs)])
    await store.watch(
      key,
      revision + 1,
      (change) => {
        if (change.key === key && change.kind === 'delete') free.abort()
      },
      either,
    )
  }
}
