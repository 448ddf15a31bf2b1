import type { ConfigStore, Leases } from '@logpipe/config'
import type { Cluster } from '@logpipe/kafka'

/** What all measurements share. */
export interface Lab {
  readonly cluster: Cluster
  readonly brokers: readonly string[]
  readonly endpoints: readonly string[]
  readonly store: ConfigStore & Leases
  /** Where the keys of this run start; all of them are taken away at its end. */
  readonly prefix: string
  /** A folder for files of any size. */
  readonly folder: string
  readonly signal: AbortSignal
}
