import { hostname, userInfo } from 'node:os'
import { type ConfigStore, type Leases, openEtcdStore } from '@logpipe/config'
import type { Ask, Output } from '@logpipe/runtime/terminal'
import { type CliSettings, type EtcdSettings, need } from '../settings.ts'

/** What commands that read and change etcd work with. */
export interface StoreSession {
  store: ConfigStore & Leases
  prefix: string
  output: Output
  signal: AbortSignal
  /** Absent where nobody can be asked. */
  ask: Ask | undefined
  /** Who it is that changes something. */
  by: string
}

/** Does `work` with the store open. */
export async function withStore<T>(
  settings: CliSettings,
  context: { output: Output; signal: AbortSignal; ask: Ask | undefined },
  work: (session: StoreSession) => Promise<T>,
): Promise<T> {
  const etcd = need(settings, 'etcd')
  const { prefix, ...access } = etcd
  const store = await openEtcdStore(access)
  try {
    const { output, signal, ask } = context
    return await work({ store, prefix, output, signal, ask, by: author(etcd) })
  } finally {
    await store.close()
  }
}

/** The name at etcd where there is one, else at this machine. */
function author({ username }: EtcdSettings): string {
  const place = `@${hostname()}`
  if (username !== undefined) return `${username}${place}`
  try {
    return `${userInfo().username}${place}`
  } catch {
    return `uid ${process.getuid?.() ?? '?'}${place}` // No such user in this container.
  }
}
