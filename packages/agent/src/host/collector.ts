import type { HostCollectorName } from '@logpipe/config'

/** A number that a collector reads, as Prometheus and the records know it. */
export interface Measure {
  /** Of the metric, behind `logagent_host_`; with its unit, and `_total` where it only grows. */
  readonly metric: string
  readonly help: string
  /** The label that tells the fields of one metric apart; null where it has one field. */
  readonly by: string | null
  /** Field of the record → value of the label `by`. */
  readonly fields: Readonly<Record<string, string>>
  /** It may have a fraction, so that a record always writes one: a field of InfluxDB keeps the type of its first point. */
  readonly isFloat: boolean
}

/** What was read of one thing: the host, a disk, a mount. */
export interface Reading {
  /** Which one it is; has the collector's labels, in any order. */
  readonly tags: Readonly<Record<string, string>>
  /** What could be read; a field may be missing. */
  readonly values: Readonly<Record<string, number>>
}

/** PORT: reads one kind of numbers of the host. One call at a time. */
export interface Collector {
  readonly name: HostCollectorName
  /** What tells its readings apart. */
  readonly labels: readonly string[]
  readonly measures: readonly Measure[]
  /** Prometheus has these numbers elsewhere under /metrics: records only. */
  readonly recordsOnly?: boolean
  /** What it waits for just now, for a person; null: nothing that could be named. */
  readonly busyWith?: () => string | null
  /** Resolves to what there is; rejects with a system error where it cannot be read. May hang where the system does. */
  collect(): Promise<Reading[]>
}

/** A metric of one field. */
export function single(metric: string, help: string, field: string, isFloat = false): Measure {
  return { metric, help, by: null, fields: { [field]: '' }, isFloat }
}
