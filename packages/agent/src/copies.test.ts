import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Rig } from './testing/rig.ts'

const outside = [{ path: '*.log' }]
const inside = [{ path: '*.log*' }]

function copy(rig: Rig, from: string, to: string): void {
  copyFileSync(rig.dir.file(from), rig.dir.file(to))
}

/** Each line once, each file's under one id. */
async function assertOnce(rig: Rig, expected: string[]): Promise<void> {
  assert.deepEqual((await rig.lines()).toSorted(), expected.toSorted())
}

for (const [where, entries] of [
  ['inside', inside],
  ['outside', outside],
] as const) {
  for (const stopped of [false, true]) {
    test(`copytruncate, the copy ${where} the globs, ${stopped ? 'while stopped' : 'running'}: what was unread is read from the copy, under the same id`, async (t) => {
      const rig = await Rig.start(t, { entries: [...entries] })
      rig.dir.appendLines('a.log', ['read 1', 'read 2'])
      await rig.poll()
      if (stopped) await rig.stop()
      rig.dir.appendLines('a.log', ['unread 1', 'unread 2'])
      rig.dir.copyTruncate('a.log')
      rig.dir.appendLines('a.log', ['new'])
      if (stopped) await rig.restart()
      await rig.poll()
      await rig.pollAfter(100)
      await assertOnce(rig, ['read 1', 'read 2', 'unread 1', 'unread 2', 'new'])
      const old = (await rig.arrived()).filter(({ text }) => text !== 'new')
      assert.equal(new Set(old.map(({ source }) => source)).size, 1)
      assert.deepEqual(
        old.map(({ offset }) => offset),
        [0, 7, 14, 23],
      )
      // Nothing of it comes again, whatever it is named later and however often the agent starts.
      await rig.pollAfter(7_000)
      rig.dir.rename('a.log.1', 'a.log.2')
      await rig.pollAfter(7_000)
      await rig.bounce()
      await rig.poll()
      rig.dir.appendLines('a.log', ['newer'])
      await rig.pollAfter(7_000)
      await assertOnce(rig, ['read 1', 'read 2', 'unread 1', 'unread 2', 'new', 'newer'])
      await rig.stop()
    })
  }

  test(`copytruncate with everything read before, the copy ${where} the globs: nothing comes again`, async (t) => {
    const rig = await Rig.start(t, { entries: [...entries] })
    rig.dir.appendLines('a.log', ['1', '2'])
    await rig.poll()
    for (const line of ['3', '4', '5']) {
      rig.dir.copyTruncate('a.log')
      rig.dir.appendLines('a.log', [line])
      await rig.pollAfter(1_000)
      await rig.pollAfter(1_000)
    }
    await rig.pollAfter(7_000)
    await rig.bounce()
    await rig.pollAfter(7_000)
    await assertOnce(rig, ['1', '2', '3', '4', '5'])
    await rig.stop()
  })

  test(`copytruncate in slow motion, the copy ${where} the globs: held until the original is cut`, async (t) => {
    const rig = await Rig.start(t, { entries: [...entries] })
    rig.dir.appendLines('a.log', ['1', '2'])
    await rig.poll()
    rig.kafka.holding = true
    rig.dir.appendLines('a.log', ['3'])
    copy(rig, 'a.log', 'a.log.1')
    await rig.pollAfter(1_000)
    if (where === 'inside') {
      assert.equal(rig.state('a.log.1')?.state, 'held')
      assert.match(rig.state('a.log.1')?.reason ?? '', /may be a copy of .*a\.log;/)
    }
    rig.dir.truncate('a.log')
    await rig.pollAfter(1_000)
    rig.dir.appendLines('a.log', ['4'])
    await rig.pollAfter(1_000)
    rig.kafka.holding = false
    rig.kafka.answer()
    await rig.pollAfter(1_000)
    await rig.pollAfter(7_000)
    await assertOnce(rig, ['1', '2', '3', '4'])
    await rig.stop()
  })
}

test('a copy to which lines were missing when its original was read on and cut: it was read there, and does not come again', async (t) => {
  const rig = await Rig.start(t, { entries: inside })
  rig.dir.appendLines('a.log', ['1', '2'])
  await rig.poll()
  copy(rig, 'a.log', 'a.log.1')
  await rig.poll()
  rig.dir.appendLines('a.log', ['3'])
  await rig.poll()
  rig.dir.truncate('a.log')
  await rig.pollAfter(1_000)
  await rig.pollAfter(7_000)
  await assertOnce(rig, ['1', '2', '3'])
  await rig.bounce()
  await rig.pollAfter(7_000)
  appendFileSync(rig.dir.file('a.log.1'), 'of its own\n')
  await rig.poll()
  await assertOnce(rig, ['1', '2', '3', 'of its own'])
  await rig.stop()
})

test('a copy whose original is not cut is a file of its own when it has not grown for holdMs', async (t) => {
  const rig = await Rig.start(t, { entries: inside })
  rig.dir.appendLines('a.log', ['1', '2'])
  await rig.poll()
  copy(rig, 'a.log', 'a.log.bak')
  await rig.poll()
  await rig.pollAfter(4_000)
  assert.equal(rig.state('a.log.bak')?.state, 'held')
  assert.equal((await rig.arrived()).length, 2)
  await rig.pollAfter(1_000)
  assert.deepEqual(
    (await rig.arrived()).map(({ path, offset, text }) => [path, offset, text]),
    [
      ['a.log', 0, '1'],
      ['a.log', 2, '2'],
      ['a.log.bak', 0, '1'],
      ['a.log.bak', 2, '2'],
    ],
  )
  await rig.stop()
})

test('a possible copy that goes its own way, or becomes the larger one, is a file of its own at once', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['header', 'a 1', 'a 2', 'a 3'])
  await rig.poll()
  rig.dir.appendLines('b.log', ['header', 'b 1'])
  rig.dir.append('c.log', readFileSync(rig.dir.file('a.log')))
  await rig.poll()
  assert.equal(rig.state('c.log')?.state, 'held')
  rig.dir.appendLines('c.log', ['c'])
  await rig.poll()
  assert.deepEqual((await rig.lines()).toSorted(), [
    'a 1',
    'a 1',
    'a 2',
    'a 2',
    'a 3',
    'a 3',
    'b 1',
    'c',
    ...Array.from({ length: 3 }, () => 'header'),
  ])
  await rig.stop()
})

test('50 files with one header, and 50 that are the same, are all collected within holdMs', async (t) => {
  const rig = await Rig.start(t)
  const header = 'h'.repeat(1_100)
  for (let i = 0; i < 50; i++) {
    rig.dir.appendLines(`one${i}.log`, [header, `line of ${i}`])
    rig.dir.appendLines(`same${i}.log`, [header, 'the same'])
  }
  await rig.poll()
  await rig.pollAfter(5_000)
  const lines = await rig.lines()
  assert.equal(lines.filter((line) => line === 'the same').length, 50)
  assert.equal(new Set(lines.filter((line) => line.startsWith('line of'))).size, 50)
  assert.equal(lines.length, 200)
  await rig.stop()
})

test('what lines were in flight when the original was cut is known: after a crash they come from the copy, marked', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', ['2'])
  await rig.poll()
  rig.dir.appendLines('a.log', ['3'])
  rig.dir.copyTruncate('a.log')
  rig.crash()
  rig.kafka.loseAnswers()
  rig.kafka.holding = false
  await rig.restart()
  await rig.poll()
  await rig.pollAfter(100)
  await assertOnce(rig, ['1', '2', '3'])
  assert.deepEqual(
    (await rig.arrived()).map(({ offset, resent }) => [offset, resent]),
    [
      [0, false],
      [2, false],
      [2, true],
      [4, true],
    ],
  )
  await rig.stop()
})

test('without a copy what was not read of a cut file is given up; files of other names that begin alike are left alone', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'a.log' }] })
  rig.dir.appendLines('a.log', ['header'])
  await rig.poll()
  rig.dir.appendLines('a.log', ['lost'])
  rig.dir.appendLines('a-debug.log', ['header', 'nobody asked for this'])
  rig.dir.appendLines('b.log.1', ['header', 'nor for this'])
  rig.dir.truncate('a.log')
  for (let i = 0; i < 5; i++) await rig.pollAfter(2_000)
  await assertOnce(rig, ['header'])
  await rig.stop()
})

test('of two copies the longer one is taken; the other is a file of its own', async (t) => {
  const rig = await Rig.start(t, { entries: inside })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.dir.appendLines('a.log', ['2'])
  copy(rig, 'a.log', 'a.log.short')
  rig.kafka.holding = true
  await rig.poll()
  rig.dir.appendLines('a.log', ['3'])
  copy(rig, 'a.log', 'a.log.1')
  await rig.poll()
  writeFileSync(rig.dir.file('a.log'), '')
  await rig.poll()
  rig.kafka.holding = false
  rig.kafka.answer()
  for (let i = 0; i < 5; i++) await rig.pollAfter(2_000)
  const original = (await rig.arrived()).filter(({ path }) => path === 'a.log')
  assert.deepEqual(
    original.map(({ text }) => text),
    ['1', '2', '3'],
  )
  await rig.stop()
})

test('cut after a copy, written anew and renamed out of the globs before it was looked at: after a crash it is looked for', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['the first life'])
  await rig.poll()
  copy(rig, 'a.log', 'a.log.2')
  rig.dir.truncate('a.log')
  rig.dir.appendLines('a.log', ['the second'])
  rig.dir.rename('a.log', 'a.log.1')
  rig.kafka.faults.set('t', new LogpipeError('kafka_unavailable', 'Kafka is away.', { retriable: true }))
  await rig.poll()
  await rig.pollAfter(1_000)
  rig.crash()
  rig.kafka.loseRequests()
  await rig.restart()
  rig.kafka.faults.clear()
  await rig.poll()
  await rig.settle()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['the first life', 'the second'])
  await rig.stop()
})
