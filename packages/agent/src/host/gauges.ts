import type { Metrics } from '@logpipe/runtime'
import type { Collection, Snapshot } from './collection.ts'
import type { Collector, Measure } from './collector.ts'

/** What a counter and a gauge have in common here. */
interface Series {
  set(labels: Record<string, string>, value: number): void
}

/** Shows what the host does, read when somebody asks for the metrics. */
export function showHost(metrics: Metrics, collection: Collection, collectors: Iterable<Collector>): void {
  for (const collector of collectors) {
    if (collector.recordsOnly === true) continue
    for (const measure of collector.measures) show(metrics, collection, collector, measure)
  }
  metrics.gauge(
    'host_collector_success',
    'Whether a collector could read what it is for.',
    ['collector'],
    async (g) => {
      const { collected } = await collection.read()
      g.reset()
      for (const { collector, failure } of collected) g.set({ collector: collector.name }, failure === null ? 1 : 0)
    },
  )
  metrics.gauge('host_collector_duration_seconds', 'How long a collector took.', ['collector'], async (g) => {
    const { collected } = await collection.read()
    g.reset()
    for (const { collector, seconds } of collected) g.set({ collector: collector.name }, seconds)
  })
}

function show(metrics: Metrics, collection: Collection, collector: Collector, measure: Measure): void {
  const { metric, help, by } = measure
  const name = `host_${metric}`
  const labels = by === null ? collector.labels : [...collector.labels, by]
  // One without labels stands at 0 after a reset, which would be a lie where nothing could be read.
  if (metric.endsWith('_total')) {
    metrics.counter(name, help, labels, async (counter) => {
      const snapshot = await collection.read()
      counter.reset()
      if (labels.length === 0) counter.remove()
      fill(snapshot, collector, measure, { set: (series, value) => counter.inc(series, value) })
    })
  } else {
    metrics.gauge(name, help, labels, async (gauge) => {
      const snapshot = await collection.read()
      gauge.reset()
      if (labels.length === 0) gauge.remove()
      fill(snapshot, collector, measure, gauge)
    })
  }
}

function fill({ collected }: Snapshot, collector: Collector, { by, fields }: Measure, series: Series): void {
  const found = collected.find((one) => one.collector === collector)
  for (const { tags, values } of found?.readings ?? []) {
    for (const [field, kind] of Object.entries(fields)) {
      const value = values[field]
      if (value !== undefined) series.set(by === null ? { ...tags } : { ...tags, [by]: kind }, value)
    }
  }
}
