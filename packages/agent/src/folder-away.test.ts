import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from './testing/rig.ts'

const many = Array.from({ length: 3_000 }, (_, i) => `line ${i} ${'x'.repeat(80)}`)

async function seconds(rig: Rig, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await rig.pollAfter(1_000)
}

/** Killed; what was on its way did not arrive. */
function kill(rig: Rig): void {
  rig.crash()
  rig.kafka.loseRequests()
  rig.kafka.holding = false
}

test('a file that was renamed out of the globs before a crash, its folder not mounted at the start: read to its end once it is', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'd/*.log' }] })
  rig.dir.appendLines('d/a.log', ['1'])
  await rig.poll()
  rig.kafka.holding = true
  rig.dir.appendLines('d/a.log', ['2'])
  rig.dir.rename('d/a.log', 'd/a.old')
  await rig.pollAfter(2_000)
  kill(rig)
  rig.dir.rename('d', 'not-mounted')
  await rig.restart()
  await rig.pollAfter(2_000)
  rig.dir.rename('not-mounted', 'd')
  await rig.pollAfter(2_000)
  assert.deepEqual(await rig.lines(), ['1', '2'])
  await rig.stop()
})

for (const empty of [false, true])
  test(`rotated while the agent was stopped, its folder ${empty ? 'unreadable' : 'not mounted'} at the start: read to its end once it is there`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: 'd/*.log' }] })
    rig.dir.appendLines('d/a.log', ['1'])
    await rig.poll()
    await rig.stop()
    rig.dir.appendLines('d/a.log', ['2'])
    rig.dir.rename('d/a.log', 'd/a.old')
    rig.dir.rename('d', 'elsewhere')
    // It leads in a circle: as with EACCES or EIO nothing is known of what is in it.
    if (empty) rig.dir.symlink('d', 'd')
    await rig.restart()
    await seconds(rig, 2)
    if (empty) rig.dir.remove('d')
    rig.dir.rename('elsewhere', 'd')
    await seconds(rig, 2)
    assert.deepEqual(await rig.lines(), ['1', '2'])
    await rig.stop()
  })

test('the folder of a renamed file is away for one scan while others need its handle: it is read to its end', async (t) => {
  const rig = await Rig.start(t, {
    entries: [{ path: 'd/*.log' }, { path: '*.log', topic: 'u' }],
    limits: { maxOpenFiles: 1, maxInFlightBytes: 65_536, batchBytes: 4_096 },
  })
  rig.dir.appendLines('d/a.log', many.slice(0, 5))
  await rig.poll()
  rig.kafka.holding = true
  rig.dir.appendLines('d/a.log', many.slice(5))
  await rig.pollAfter(1_000)
  rig.dir.rename('d/a.log', 'd/a.old')
  await rig.pollAfter(1_000)
  rig.dir.appendLines('b.log', ['b'])
  await rig.pollAfter(1_000)
  rig.dir.rename('d', 'elsewhere')
  await rig.pollAfter(1_000)
  rig.dir.rename('elsewhere', 'd')
  rig.kafka.holding = false
  rig.kafka.answer()
  await seconds(rig, 10)
  await rig.settle()
  assert.deepEqual(await rig.lines(), many)
  await rig.stop()
})

test('a folder was away for minutes, and a file in it is written to and renamed before anybody looks again: it is read to its end', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'd/*.log' }] })
  rig.dir.appendLines('d/a.log', ['1'])
  await rig.poll()
  rig.dir.rename('d', 'elsewhere')
  await seconds(rig, 200)
  rig.dir.rename('elsewhere', 'd')
  rig.dir.appendLines('d/a.log', ['2'])
  rig.dir.rename('d/a.log', 'd/a.old')
  await seconds(rig, 2)
  assert.deepEqual(await rig.lines(), ['1', '2'])
  await rig.stop()
})

test('a renamed file, its handle held, is moved to another folder; then others need handles: it is read to its end', async (t) => {
  const rig = await Rig.start(t, {
    entries: [{ path: '*.log' }, { path: 'u*.txt', topic: 'u' }],
    limits: { maxOpenFiles: 1, maxInFlightBytes: 65_536, batchBytes: 4_096 },
  })
  rig.dir.append('old/x', '')
  rig.dir.appendLines('a.log', many.slice(0, 5))
  await rig.poll()
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', many.slice(5))
  await rig.pollAfter(1_000)
  rig.dir.rename('a.log', 'a.old')
  await rig.pollAfter(1_000)
  rig.dir.rename('a.old', 'old/a.old')
  await seconds(rig, 2)
  rig.dir.appendLines('u1.txt', ['b'])
  await rig.pollAfter(1_000)
  rig.kafka.holding = false
  rig.kafka.answer()
  await seconds(rig, 10)
  await rig.settle()
  assert.deepEqual(await rig.lines(), many)
  await rig.stop()
})

test('a folder that is deleted with its files is waited for a day, and no longer', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'd/*.log', closeInactive: 1_000 }] })
  rig.dir.appendLines('d/a.log', ['1'])
  await rig.poll()
  await seconds(rig, 4)
  assert.equal(rig.isOpen('d/a.log'), false)
  rig.dir.rename('d', 'elsewhere')
  await seconds(rig, 4)
  const states = (): string[] => rig.disk.read().checkpoints.map(({ state }) => state)
  assert.deepEqual(states(), ['lost'])
  await rig.pollAfter(23 * 3_600_000)
  await seconds(rig, 4)
  assert.deepEqual(states(), ['lost'])
  await rig.pollAfter(2 * 3_600_000)
  await seconds(rig, 4)
  assert.deepEqual(states(), ['finished'])
  await rig.pollAfter(25 * 3_600_000)
  await seconds(rig, 4)
  assert.deepEqual(states(), [])
  await rig.stop()
})

for (const renamed of ['before the crash', 'while the agent was stopped'])
  test(`renamed out of the globs ${renamed}; its device has another number after a reboot: read to its end`, async (t) => {
    const rig = await Rig.start(t)
    rig.dir.appendLines('a.log', ['1'])
    await rig.poll()
    if (renamed === 'before the crash') rig.kafka.holding = true
    else await rig.stop()
    rig.dir.appendLines('a.log', ['2'])
    rig.dir.rename('a.log', 'a.old')
    if (renamed === 'before the crash') {
      await rig.pollAfter(2_000)
      kill(rig)
    }
    const { checkpoints } = rig.disk.read()
    rig.disk.write({ put: checkpoints.map((one) => ({ ...one, dev: one.dev + 1n })), remove: [] }, true)
    await rig.restart()
    await seconds(rig, 3)
    assert.deepEqual(await rig.lines(), ['1', '2'])
    await rig.stop()
  })

test('folders by day are deleted while the agent is started anew each day: the registry does not pile them up', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*/a.log', closeInactive: 1_000 }] })
  rig.dir.append('archive/2/x', '')
  for (let day = 0; day < 20; day++) {
    rig.dir.appendLines(`day${day}/a.log`, [`${day}`])
    await seconds(rig, 5)
    if (day >= 3) rig.dir.rename(`day${day - 3}`, `archive/2/day${day - 3}`)
    await seconds(rig, 5)
    await rig.pollAfter(22 * 3_600_000)
    await rig.bounce()
  }
  assert.ok(rig.disk.read().checkpoints.length < 10)
  await rig.stop()
})

test('renamed files wait for Kafka, and their folder was away for one scan: their handles are there for others', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'd/*.log' }, { path: 'b.txt' }], limits: { maxOpenFiles: 2 } })
  const each = (act: (name: string) => void): void => ['d/1', 'd/2'].forEach(act)
  each((name) => rig.dir.appendLines(`${name}.log`, ['1']))
  await seconds(rig, 2)
  rig.kafka.holding = true
  each((name) => rig.dir.appendLines(`${name}.log`, ['2']))
  await seconds(rig, 2)
  each((name) => rig.dir.rename(`${name}.log`, `${name}.old`))
  await seconds(rig, 1)
  rig.dir.rename('d', 'elsewhere')
  await seconds(rig, 1)
  rig.dir.rename('elsewhere', 'd')
  await seconds(rig, 3)
  rig.dir.appendLines('b.txt', ['b'])
  await seconds(rig, 10)
  rig.dir.remove('b.txt')
  await seconds(rig, 2)
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.settle()
  await seconds(rig, 5)
  assert.deepEqual((await rig.lines()).toSorted(), ['1', '1', '2', '2', 'b'])
  await rig.stop()
})

test('topic, then id of an entry are edited while the folder of a renamed file is away: it goes to the new topic once', async (t) => {
  const a = { id: 'a', path: 'd/*.log', topic: 't' }
  const others = { id: 'o', path: 'o*/*.log', topic: 'o', closeInactive: 1_000 }
  const rig = await Rig.start(t, { entries: [a, others] })
  rig.dir.appendLines('d/a.log', ['1'])
  for (let i = 0; i < 3; i++) rig.dir.appendLines(`o${i}/a.log`, ['1'])
  await rig.poll()
  await rig.stop()
  rig.dir.appendLines('d/a.log', ['2'])
  rig.dir.rename('d/a.log', 'd/a.old')
  rig.dir.rename('d', 'elsewhere')
  await rig.restart([{ ...a, topic: 'u' }, others])
  await seconds(rig, 3)
  rig.apply([{ ...a, id: 'b', topic: 'u' }, others])
  await seconds(rig, 3)
  rig.dir.rename('elsewhere', 'd')
  await seconds(rig, 3)
  // Each makes the agent seek again.
  for (let i = 0; i < 3; i++) {
    rig.dir.rename(`o${i}`, 'gone')
    await seconds(rig, 3)
    rig.dir.rename('gone', `o${i}`)
    await seconds(rig, 3)
  }
  assert.equal((await rig.lines('u')).filter((line) => line === '2').length, 1)
  await rig.stop()
})
