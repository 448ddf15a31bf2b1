import { type ConfigStore, type Leases, whenElected } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'

export interface Turn {
  store: ConfigStore & Leases
  /** The lock. */
  key: string
  /** Who holds it, for people who look. */
  owner: string
  /** Who waited so long for its turn goes ahead without. Default 20,000: longer than the lock of one who died lasts. */
  waitMs?: number
}

/**
 * Does `work` while nobody else does who calls this with the same key. For what is safe to repeat and must not wait for etcd: where that does not
 * answer, the right is missing, or the turn does not come, it is done all the same. Settles as `work` does, which is aborted with `signal` and at
 * the end of the turn.
 */
export async function inTurn<T>(
  { store, key, owner, waitMs = 20_000 }: Turn,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  if (!(await mayLock({ store, key, owner }))) return work(signal)
  const tired = new AbortController()
  const wait = (): NodeJS.Timeout => setTimeout(() => tired.abort(), waitMs)
  let waiting = wait()
  let done: { result: T } | undefined
  const workOnce = async (term: AbortSignal): Promise<void> => {
    clearTimeout(waiting)
    try {
      done ??= { result: await work(term) }
    } finally {
      waiting = wait()
    }
  }
  try {
    const either = AbortSignal.any([signal, tired.signal])
    await whenElected({ store, key, owner }, (term) => workOnce(term.signal), either)
  } finally {
    clearTimeout(waiting)
  }
  return done === undefined ? work(signal) : done.result
}

/** Whether etcd answers, and lets us write the lock. */
async function mayLock({ store, key, owner }: Turn): Promise<boolean> {
  try {
    await store.list(key)
    // On a condition that never holds: nothing is written, but etcd looks at the right.
    await store.put(key, owner, { ifRevision: Number.MAX_SAFE_INTEGER })
    return true
  } catch (error) {
    return isLogpipeError(error, 'etcd_conflict')
  }
}
