import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { watchEventLoop } from './event-loop-lag.ts'
import { version } from './version.ts'

export type { Counter, Gauge, Histogram } from 'prom-client'

/** Buckets from 1 ms to 60 s, for latencies in seconds. */
export const latencyBucketsSeconds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * The metrics of one process. Names are given without the prefix and end in their unit (`read_bytes_total`,
 * `in_flight_bytes`, `bulk_duration_seconds`); a counter ends in `_total`. Asking twice for a name gives the same metric.
 */
export interface Metrics {
  /** `collect` is called before each scrape; it may reset the counter and add what somebody else has counted. */
  counter<T extends string = string>(
    name: string,
    help: string,
    labels?: readonly T[],
    collect?: (counter: Counter<T>) => void | Promise<void>,
  ): Counter<T>
  /** `collect` is called before each scrape, to set what is cheaper to look up than to keep up to date. */
  gauge<T extends string = string>(
    name: string,
    help: string,
    labels?: readonly T[],
    collect?: (gauge: Gauge<T>) => void | Promise<void>,
  ): Gauge<T>
  histogram<T extends string = string>(
    name: string,
    help: string,
    labels?: readonly T[],
    buckets?: readonly number[],
  ): Histogram<T>
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>
  readonly contentType: string
}

/** The longest that timers know: prom-client's own watch over the event loop cannot be left out. */
const neverMs = 2 ** 31 - 1

/** Makes the metrics of a process, with its own registry, `<prefix>_build_info` and Node's process metrics. */
export function createMetrics(prefix: string, build: { version?: string } = {}): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: neverMs })
  watchEventLoop(registry)
  const fullName = (name: string): string => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError(`Metric name '${name}' is not in snake_case.`)
    return `${prefix}_${name}`
  }
  const known = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make()
  const metrics: Metrics = {
    counter<T extends string>(
      name: string,
      help: string,
      labels: readonly T[] = [],
      collect?: (counter: Counter<T>) => void | Promise<void>,
    ): Counter<T> {
      if (!name.endsWith('_total')) throw new RangeError(`Counter '${name}' must end in _total.`)
      const full = fullName(name)
      return known(full, () => {
        const counter: Counter<T> = new Counter({
          name: full,
          help,
          labelNames: labels,
          registers: [registry],
          ...(collect === undefined ? {} : { collect: () => collect(counter) }),
        })
        return counter
      })
    },
    gauge<T extends string>(
      name: string,
      help: string,
      labels: readonly T[] = [],
      collect?: (gauge: Gauge<T>) => void | Promise<void>,
    ): Gauge<T> {
      const full = fullName(name)
      return known(full, () => {
        const gauge: Gauge<T> = new Gauge({
          name: full,
          help,
          labelNames: labels,
          registers: [registry],
          ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
        })
        return gauge
      })
    },
    histogram<T extends string>(
      name: string,
      help: string,
      labels: readonly T[] = [],
      buckets: readonly number[] = latencyBucketsSeconds,
    ): Histogram<T> {
      const full = fullName(name)
      const make = (): Histogram<T> =>
        new Histogram({ name: full, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
      return known(full, make)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
  metrics
    .gauge('build_info', 'Version of logpipe and of Node; always 1.', ['version', 'node'])
    .set({ version: build.version ?? version, node: process.versions.node }, 1)
  return metrics
}
