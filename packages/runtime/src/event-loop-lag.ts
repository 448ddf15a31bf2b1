import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

/** Between two looks at the clock. Each wakes the process: every 10 ms, as is usual, costs one that is at rest a quarter of a percent of a core. */
const everyMs = 100

/**
 * How late the event loop was since the last scrape, under the names that dashboards know (`nodejs_eventloop_lag_max_seconds` and so on), in the
 * place of prom-client's. Told is the lateness alone, without the time between two looks.
 */
export function watchEventLoop(registry: Registry): void {
  const delays = monitorEventLoopDelay({ resolution: everyMs })
  delays.enable()
  const gauge = (kind: string, what: string, collect?: () => void): Gauge => {
    const name = `nodejs_eventloop_lag_${kind}_seconds`
    registry.removeSingleMetric(name)
    const help = `${what} of the event loop's lateness since the last scrape, in seconds.`
    return new Gauge({ name, help, registers: [registry], ...(collect && { collect }) })
  }
  const late = (ns: number): number => Math.max(0, ns / 1e9 - everyMs / 1_000)
  // The first one that is asked sets them all, and lets the counting begin anew.
  const min = gauge('min', 'Least', () => {
    if (delays.count === 0) return
    min.set(late(delays.min))
    max.set(late(delays.max))
    mean.set(late(delays.mean))
    deviation.set(delays.stddev / 1e9)
    for (const [percent, percentile] of percentiles) percentile.set(late(delays.percentile(percent)))
    delays.reset()
  })
  const max = gauge('max', 'Greatest')
  const mean = gauge('mean', 'Mean')
  const deviation = gauge('stddev', 'Standard deviation')
  const percentiles = [50, 90, 99].map((percent) => [percent, gauge(`p${percent}`, `${percent}th percentile`)] as const)
}
