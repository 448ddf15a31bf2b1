import type { EtcdOptions } from './etcd/client.ts'
import type { Leases } from './lease.ts'
import type { ConfigStore } from './store.ts'

export type { EtcdOptions } from './etcd/client.ts'

/** Opens the store on etcd; no request is sent yet. The client library is loaded here, so that who needs no etcd pays nothing. */
export async function openEtcdStore(options: EtcdOptions): Promise<ConfigStore & Leases> {
  const { EtcdStore } = await import('./etcd/store.ts')
  return new EtcdStore(options)
}
