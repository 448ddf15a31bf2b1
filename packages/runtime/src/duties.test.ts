import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Duties } from './duties.ts'
import { type Logger, silentLogger } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'

interface Told {
  duties: Duties
  metrics: Metrics
  /** What the log says, in order. */
  told: string[]
}

function make({ steadyMs = 60_000 } = {}): Told {
  const told: string[] = []
  const tell = (message: string): void => void told.push(message)
  const log: Logger = { ...silentLogger, error: tell, warn: tell, info: tell }
  const metrics = createMetrics('test')
  return { duties: new Duties({ log, metrics, baseMs: 1, maxMs: 2, steadyMs }), metrics, told }
}

const untilAbort = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

test('work that throws is begun again until it does not; the log says so once, the metrics each time', async () => {
  const { duties, metrics, told } = make()
  let begun = 0
  const work = async (): Promise<void> => {
    begun++
    if (begun < 4) throw new Error('no list')
    assert.match(await metrics.text(), /test_duty_failing\{duty="entries"\} 1/)
    assert.equal(duties.trouble('entries'), 'no list')
  }
  await duties.run('entries', work, new AbortController().signal)
  assert.equal(begun, 4)
  assert.equal(told.length, 2, told.join('; '))
  assert.match(told[0] ?? '', /has failed/)
  assert.match(told[1] ?? '', /works again/)
  assert.match(await metrics.text(), /test_duty_failures_total\{duty="entries"\} 3/)
  assert.match(await metrics.text(), /test_duty_failing\{duty="entries"\} 0/)
})

test('one that fails harms no other, and one that goes on for a while is well', { timeout: 10_000 }, async () => {
  const { duties, metrics, told } = make({ steadyMs: 20 })
  const stop = new AbortController()
  let begun = 0
  const other = duties.run('requests', untilAbort, stop.signal)
  const failing = duties.run(
    'entries',
    (signal) => (begun++ === 0 ? Promise.reject(new Error('once')) : untilAbort(signal)),
    stop.signal,
  )
  while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(duties.trouble('entries'), null)
  assert.equal(duties.trouble('requests'), null)
  assert.match(await metrics.text(), /test_duty_failures_total\{duty="requests"\} 0/)
  stop.abort()
  await Promise.all([other, failing])
})

test('an error at the end is no failure, and a wait to begin again ends with the signal', async () => {
  const { duties, told } = make()
  const stop = new AbortController()
  const slow = new Duties({ log: silentLogger, metrics: createMetrics('slow'), baseMs: 60_000 })
  const waiting = slow.run('entries', () => Promise.reject(new Error('no')), stop.signal)
  const ending = duties.run(
    'entries',
    async (signal) => {
      await untilAbort(signal)
      throw new Error('could not take it back')
    },
    stop.signal,
  )
  await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await Promise.all([waiting, ending])
  assert.deepEqual(told, [])
})
