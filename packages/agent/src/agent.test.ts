import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from './testing/rig.ts'

test('lines arrive with their offset, in order, and once', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.append('a.log', 'one\ntwo\r\n\nunfinished')
  await rig.poll()
  await rig.poll()
  const [{ source } = { source: '' }] = await rig.arrived()
  assert.match(source, /^[\w-]{16}$/)
  assert.deepEqual(
    (await rig.arrived()).map(({ offset, text, path, resent }) => [offset, text, path, resent]),
    [
      [0, 'one', 'a.log', false],
      [4, 'two', 'a.log', false],
      [9, '', 'a.log', false],
    ],
  )
  rig.dir.append('a.log', ' now\n')
  await rig.poll()
  assert.deepEqual((await rig.lines()).slice(3), ['unfinished now'])
  assert.equal(rig.state('a.log')?.state, 'idle')
  await rig.stop()
})

test('files larger than a chunk and a batch arrive whole', async (t) => {
  const rig = await Rig.start(t)
  const lines = Array.from({ length: 3_000 }, (_, i) => `${i} ${'x'.repeat(i % 300)}`)
  rig.dir.appendLines('a.log', lines)
  await rig.poll()
  assert.deepEqual(await rig.lines(), lines)
  await rig.stop()
})

test('a line longer than a chunk is one line, longer than the limit it is pieces', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', maxLineBytes: 10_000 }] })
  rig.dir.appendLines('a.log', ['x'.repeat(9_999), 'y'.repeat(25_000), 'z'])
  await rig.poll()
  assert.deepEqual(
    (await rig.arrived()).map(({ offset, text }) => [offset, text[0], text.length]),
    [
      [0, 'x', 9_999],
      [10_000, 'y', 10_000],
      [20_000, 'y', 10_000],
      [30_000, 'y', 5_000],
      [35_001, 'z', 1],
    ],
  )
  await rig.stop()
})

test('after a crash reading goes on at the acknowledged offset, and what may have been sent is marked', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['one'])
  await rig.poll()
  await rig.pollAfter(1_000) // writes the acknowledged offset
  rig.dir.appendLines('a.log', ['two'])
  await rig.poll()
  rig.crash()
  rig.dir.appendLines('a.log', ['three'])
  await rig.restart()
  rig.dir.appendLines('a.log', ['four'])
  await rig.poll()
  assert.deepEqual(
    (await rig.arrived()).map(({ text, resent }) => [text, resent]),
    [
      ['one', false],
      ['two', false],
      ['two', true],
      ['three', true],
      ['four', true],
    ],
  )
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 1)
  rig.dir.appendLines('a.log', ['five'])
  await rig.poll()
  assert.deepEqual((await rig.arrived()).at(-1)?.resent, false)
  await rig.stop()
})

test('after an orderly stop nothing is sent again and nothing is marked', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['one'])
  await rig.poll()
  await rig.bounce()
  rig.dir.appendLines('a.log', ['two'])
  await rig.poll()
  assert.deepEqual(
    (await rig.arrived()).map(({ text, resent }) => [text, resent]),
    [
      ['one', false],
      ['two', false],
    ],
  )
  await rig.stop()
})

test('an id is durable before its first line is sent', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['one'])
  await rig.poll()
  const [before] = await rig.arrived()
  rig.crash()
  rig.disk.losePower()
  await rig.restart()
  await rig.poll()
  const [, after] = await rig.arrived()
  assert.equal(after?.source, before?.source)
  assert.equal(after?.resent, true)
  await rig.stop()
})
