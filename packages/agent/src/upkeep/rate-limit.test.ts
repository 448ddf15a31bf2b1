import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { Rig } from '../testing/rig.ts'

/** Polls every `stepMs` for so long; returns how many lines arrived in that time. */
async function linesIn(rig: Rig, ms: number, stepMs = 50): Promise<number> {
  const before = (await rig.arrived()).length
  for (let passed = 0; passed < ms; passed += stepMs) await rig.pollAfter(stepMs)
  return (await rig.arrived()).length - before
}

const lines = (count: number, of = ''): string[] =>
  Array.from({ length: count }, (_, i) => `${of}${i} ${'x'.repeat(i % 200)}`)

test('10 lines a second are 10 lines a second, over all files of the entry; all arrive, in order, and others go on', async (t) => {
  const rig = await Rig.start(t, {
    entries: [{ path: 'slow/*.log', rateLimit: { lines: 10 } }, { path: 'fast/*.log' }],
  })
  for (const name of ['a', 'b', 'c']) rig.dir.appendLines(`slow/${name}.log`, lines(40, name))
  rig.dir.appendLines('fast/f.log', lines(1_000))
  await rig.poll()
  assert.equal((await rig.arrived()).length, 1_000, 'who has no limit is not slowed')
  for (let second = 0; second < 5; second++) {
    const count = await linesIn(rig, 1_000)
    assert.ok(count >= 9 && count <= 11, `${count} in a second`)
  }
  assert.equal(rig.state('slow/a.log')?.state, 'blocked')
  assert.match(rig.state('slow/a.log')?.reason ?? '', /limited to 10 lines\/s by its entry/)
  await linesIn(rig, 9_000)
  for (const name of ['a', 'b', 'c']) {
    const own = (await rig.arrived()).filter(({ path }) => path === `slow/${name}.log`)
    assert.deepEqual(
      own.map(({ text }) => text),
      lines(40, name),
    )
    assert.equal(rig.state(`slow/${name}.log`)?.state, 'idle')
  }
  await rig.stop()
})

test('bytes a second are kept too, with lines longer than a second is worth', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', rateLimit: { bytes: 1_000 } }] })
  const long = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(2_999, 'x'))
  rig.dir.appendLines('a.log', long)
  await rig.poll()
  await linesIn(rig, 30_000)
  const count = (await rig.arrived()).length
  assert.ok(count >= 9 && count <= 11, `${count} lines of 3,000 bytes in 30 s`)
  await linesIn(rig, 32_000)
  assert.deepEqual(await rig.lines(), long)
  await rig.stop()
})

test('a fast limit is kept where a read holds many lines, and a line longer than a read is read', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', rateLimit: { lines: 2_000 } }] })
  rig.dir.appendLines('a.log', ['y'.repeat(20_000), ...lines(20_000)])
  await rig.poll()
  const count = await linesIn(rig, 3_000)
  assert.ok(count >= 5_400 && count <= 6_000, `${count} in 3 s`)
  await rig.stop()
})

test('a quiet file is read to its end also where the limit has filled up again by the time that a read is over', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', rateLimit: { lines: 100 } }] })
  rig.dir.appendLines('a.log', lines(60))
  let isOver = false
  const passTime = async (): Promise<void> => {
    for (; !isOver; await immediate()) rig.clock.advance(60)
  }
  const time = passTime()
  await rig.poll()
  isOver = true
  await time
  assert.deepEqual(await rig.lines(), lines(60))
  await rig.stop()
})
