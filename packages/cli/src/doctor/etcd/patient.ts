import type { ConfigStore, Leases } from '@logpipe/config'
import type { EtcdSettings } from '../../settings.ts'

/** The etcd that is looked at, and what agents and transfers keep there. */
export interface EtcdPatient {
  store: ConfigStore & Leases
  settings: EtcdSettings
  /** HTTP addresses of agents that are known besides. */
  agents: readonly string[]
  now(): number
}
