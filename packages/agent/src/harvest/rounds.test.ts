import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FakeClock } from '@logpipe/runtime'
import { Rig } from '../testing/rig.ts'

test('a busy file does not keep quiet ones waiting: everybody gets a chunk in turn', async (t) => {
  const rig = await Rig.start(t, {
    entries: [{ path: '*.log', partition: 'roundrobin' }],
    limits: { chunkBytes: 4_096 },
  })
  rig.dir.appendLines(
    'busy.log',
    Array.from({ length: 3_000 }, (_, i) => `busy ${i} ${'x'.repeat(80)}`),
  )
  for (let i = 0; i < 20; i++) rig.dir.appendLines(`quiet${i}.log`, [`${i} quiet`])
  await rig.poll()
  const texts = (await rig.arrived()).map(({ text }) => text)
  assert.equal(texts.length, 3_020)
  const last = texts.findLastIndex((text) => text.endsWith('quiet'))
  assert.ok(last < 1_000, `the last quiet line is number ${last}`)
  await rig.stop()
})

/** Time passes with every look at it: asking many files takes its time. */
class TickingClock extends FakeClock {
  override monotonic(): number {
    this.advance(1)
    return super.monotonic()
  }
}

test('many files that wait leave the loop room for what they wait for', async (t) => {
  const rig = await Rig.start(t, { clock: new TickingClock() })
  for (let i = 0; i < 200; i++) rig.dir.appendLines(`${i}.log`, [`${i} one`])
  const stop = new AbortController()
  const running = rig.agent.run(stop.signal)
  while ((await rig.lines()).length < 200) await delay(1, undefined, { signal: t.signal })
  stop.abort()
  await running
  await rig.stop()
})

test('the loop reads what is appended long before the next scan, and ends when it is told to', async (t) => {
  const rig = await Rig.start(t, { limits: { pollMs: 60_000, lingerMs: 0 } })
  rig.dir.appendLines('a.log', ['0'])
  const stop = new AbortController()
  const running = rig.agent.run(stop.signal)
  for (let i = 1; i <= 3; i++) {
    while ((await rig.lines()).length < i) {
      rig.clock.advance(10)
      await delay(1, undefined, { signal: t.signal })
    }
    rig.dir.appendLines('a.log', [`${i}`])
  }
  while ((await rig.lines()).length < 4) {
    rig.clock.advance(10)
    await delay(1, undefined, { signal: t.signal })
  }
  assert.ok(rig.clock.monotonic() < 60_000)
  stop.abort()
  await running
  await rig.stop()
})
