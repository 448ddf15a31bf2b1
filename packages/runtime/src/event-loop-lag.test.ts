import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createMetrics } from './metrics.ts'

/** A metric's value. */
async function valueOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<number> {
  const line = new RegExp(`^${name} (.+)$`, 'm').exec(await metrics.text())
  return Number(line?.[1])
}

test('metrics tell how late the event loop was since the last scrape, and an idle one is not late', async () => {
  const metrics = createMetrics('a')
  const deadline = performance.now() + 20_000
  // The first look at the clock has none to be compared with.
  for (let max = 0; max < 0.2; max = await valueOf(metrics, 'nodejs_eventloop_lag_max_seconds')) {
    assert.ok(performance.now() < deadline, 'a stall of 400 ms shows')
    await pause(250)
    for (const until = performance.now() + 400; performance.now() < until;) continue
    await pause(1)
  }
  // Of three looks one may be late on a busy machine, not most of them each time.
  for (let p50 = 1; p50 >= 0.05; p50 = await valueOf(metrics, 'nodejs_eventloop_lag_p50_seconds')) {
    assert.ok(performance.now() < deadline, 'the time between two looks is no lateness')
    await pause(350)
  }
})
