import type { Cluster } from '@logpipe/kafka'
import type { BareClient } from '../lib/elasticsearch.ts'

/** What all rounds share. */
export interface Lab {
  readonly cluster: Cluster
  readonly brokers: readonly string[]
  readonly elasticsearch: BareClient
  /** URL of the node that all write to. */
  readonly node: string
  /** A folder for small files. */
  readonly folder: string
  /** The topic that all rounds read: `documents` access lines as logagent sends them, under zstd, in six partitions. */
  readonly topic: string
  readonly documents: number
  readonly signal: AbortSignal
}

/** What one contestant did in one round. */
export interface Round {
  docsPerSec: number
  /** CPU seconds, user and system, of its process for a million documents. */
  cpuPerMillion: number
}

/** Of every topic. */
export const partitions = 6
/** Bulk requests as the server likes them best: see bench/README.md. */
export const docsPerBulk = 10_000
export const inFlight = 2

/** The data stream of a dataset; logtransfer's template makes it. */
export function streamOf(dataset: string): string {
  return `logs-${dataset}-default`
}
