import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pack } from './harvest/packed/testing.ts'
import { Rig } from './testing/rig.ts'

/** Time passes, a second at a time. */
async function seconds(rig: Rig, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await rig.pollAfter(1_000)
}

async function crash(rig: Rig): Promise<void> {
  rig.crash()
  rig.kafka.loseRequests()
}

for (const isKilled of [false, true]) {
  const then = isKilled ? 'while the agent is down after a kill' : 'while it runs'

  test(`a copy that another entry matches is that entry's: renamed to a name that none matches ${then}, it is read to its end`, async (t) => {
    const entries = [
      { id: 'live', path: 'a.log' },
      { id: 'old', path: 'a.log.1' },
    ]
    const rig = await Rig.start(t, { entries })
    rig.dir.appendLines('a.log', ['1', '2'])
    await rig.poll()
    rig.kafka.holding = true
    rig.dir.appendLines('a.log', ['3'])
    rig.dir.copyTruncate('a.log')
    await seconds(rig, 2)
    if (isKilled) await crash(rig)
    rig.dir.appendLines('a.log.1', ['4'])
    rig.dir.rename('a.log.1', 'gone-by')
    if (isKilled) await rig.restart()
    rig.kafka.holding = false
    rig.kafka.answer()
    await seconds(rig, 5)
    await rig.settle()
    await rig.bounce()
    await seconds(rig, 5)
    assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', '3', '4'])
    await rig.stop()
  })

  test(`a packed file that another entry matches is that entry's: renamed to a name that none matches ${then}, it is read to its end`, async (t) => {
    const entries = [
      { id: 'live', path: 'a.log' },
      { id: 'old', path: '*.gz' },
    ]
    const rig = await Rig.start(t, { entries, limits: { maxInFlightBytes: 65_536, batchBytes: 4_096 } })
    const lines = Array.from({ length: 2_000 }, (_, i) => `line ${i} ${String(i * 7_919).repeat(20)}`)
    rig.dir.appendLines('a.log', lines.slice(0, 20))
    await rig.poll()
    await rig.stop()
    rig.dir.appendLines('a.log', lines.slice(20))
    rig.dir.append('a.log.1.gz', pack.gzip(readFileSync(rig.dir.file('a.log'))))
    rig.dir.remove('a.log')
    rig.kafka.holding = true
    await rig.restart()
    await seconds(rig, 3)
    if (isKilled) await crash(rig)
    rig.dir.rename('a.log.1.gz', 'gone-by')
    if (isKilled) await rig.restart()
    await seconds(rig, 1)
    rig.kafka.holding = false
    rig.kafka.answer()
    await seconds(rig, 10)
    await rig.settle()
    assert.deepEqual(await rig.lines(), lines)
    await rig.stop()
  })
}

for (const [where, path] of [
  ['outside', '*.log'],
  ['inside', '*.log*'],
] as const) {
  test(`copied and cut again a minute later, over the same copy ${where} the globs: the unread end comes from it each time`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path }] })
    for (const cycle of [1, 2, 3]) {
      rig.dir.appendLines('a.log', [`${cycle} read`])
      await seconds(rig, 2)
      rig.dir.appendLines('a.log', [`${cycle} unread`])
      copyFileSync(rig.dir.file('a.log'), rig.dir.file('a.log.1'))
      rig.dir.truncate('a.log')
      await seconds(rig, 70)
    }
    const written = [1, 2, 3].flatMap((cycle) => [`${cycle} read`, `${cycle} unread`])
    assert.deepEqual((await rig.lines()).toSorted(), written)
    await rig.stop()
  })
}

test('a file is cut, and its folder away for longer than a copy is waited for: its copy is known for one all the same', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'd/*.log*' }] })
  rig.dir.appendLines('d/a.log', ['1'])
  await rig.poll()
  rig.dir.copyTruncate('d/a.log')
  rig.dir.rename('d', 'elsewhere')
  for (let i = 0; i < 20; i++) await rig.pollAfter(1_000)
  rig.dir.rename('elsewhere', 'd')
  for (let i = 0; i < 20; i++) await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['1'])
  await rig.stop()
})

test('a file is cut while its folder is away, and nobody looks for a minute: its copy is known for one all the same', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'd/*.log*' }] })
  rig.dir.appendLines('d/a.log', ['1'])
  await rig.poll()
  rig.dir.copyTruncate('d/a.log')
  rig.dir.rename('d', 'elsewhere')
  await rig.pollAfter(1_000)
  rig.dir.rename('elsewhere', 'd')
  await rig.pollAfter(60_000)
  await rig.pollAfter(6_000)
  assert.deepEqual(await rig.lines(), ['1'])
  await rig.stop()
})

for (const [where, path] of [
  ['inside', '*.log*'],
  ['outside', '*.log'],
] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`the topic of an entry is changed ${when} a cut is seen whose copy ${where} the globs is looked for: each line goes to one topic, once`, async (t) => {
      const rig = await Rig.start(t, { entries: [{ id: 'e', path }] })
      rig.dir.appendLines('a.log', ['1'])
      await rig.poll()
      rig.dir.appendLines('a.log', ['2'])
      const copy = when === 'before' ? 'a.log.1' : 'hidden'
      rig.dir.copyTruncateTo('a.log', copy)
      if (when === 'after') await rig.pollAfter(1_000)
      rig.apply([{ id: 'e', path, topic: 'u' }])
      await rig.pollAfter(1_000)
      if (when === 'after') rig.dir.rename(copy, 'a.log.1')
      for (let i = 0; i < 15; i++) await rig.pollAfter(1_000)
      await rig.settle()
      assert.deepEqual([await rig.lines('t'), await rig.lines('u')], [['1'], ['2']])
      await rig.stop()
    })
  }
}
