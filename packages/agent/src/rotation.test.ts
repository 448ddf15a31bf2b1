import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Rig } from './testing/rig.ts'

const outside = [{ path: '*.log' }]
const inside = [{ path: '*.log*' }]

for (const [where, entries] of [
  ['inside', inside],
  ['outside', outside],
] as const) {
  test(`A: rename+create, the rotated name ${where} the globs: the old file is drained, the new one read`, async (t) => {
    const rig = await Rig.start(t, { entries: [...entries] })
    rig.dir.appendLines('a.log', ['old 1'])
    await rig.poll()
    rig.dir.appendLines('a.log', ['old 2'])
    rig.dir.rotate('a.log')
    rig.dir.appendLines('a.log', ['new 1'])
    rig.dir.appendLines('a.log.1', ['old 3, of a writer that has not noticed'])
    await rig.poll()
    rig.dir.appendLines('a.log.1', ['old 4'])
    await rig.poll()
    assert.deepEqual((await rig.lines()).toSorted(), [
      'new 1',
      'old 1',
      'old 2',
      'old 3, of a writer that has not noticed',
      'old 4',
    ])
    assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 2)
    await rig.stop()
  })

  test(`B: three rotations while stopped, the rotated names ${where} the globs`, async (t) => {
    const rig = await Rig.start(t, { entries: [...entries] })
    rig.dir.appendLines('a.log', ['0 read'])
    await rig.poll()
    await rig.stop()
    rig.dir.appendLines('a.log', ['0 unread'])
    rig.dir.rotate('a.log')
    rig.dir.appendLines('a.log', ['1'])
    rig.dir.rotate('a.log')
    rig.dir.appendLines('a.log', ['2'])
    rig.dir.rotate('a.log')
    rig.dir.appendLines('a.log', ['3'])
    await rig.restart()
    await rig.poll()
    const expected = ['0 read', '0 unread', '3']
    // What was begun and rotated away while nobody looked is known by its name only.
    if (where === 'inside') expected.push('1', '2')
    assert.deepEqual((await rig.lines()).toSorted(), expected.toSorted())
    const first = (await rig.arrived()).filter(({ text }) => text.startsWith('0'))
    assert.equal(new Set(first.map(({ source }) => source)).size, 1)
    await rig.stop()
  })

  test(`A″: rotated ${where} the globs while its handle was closed for others`, async (t) => {
    const rig = await Rig.start(t, { entries: [...entries], limits: { maxOpenFiles: 1 } })
    rig.dir.appendLines('a.log', ['old 1'])
    await rig.poll()
    rig.dir.appendLines('b.log', ['b'])
    await rig.poll()
    assert.equal(rig.agent.openFiles, 1)
    rig.dir.appendLines('a.log', ['old 2'])
    rig.dir.rotate('a.log')
    rig.dir.appendLines('a.log', ['new 1'])
    await rig.poll()
    await rig.poll()
    assert.deepEqual((await rig.lines()).toSorted(), ['b', 'new 1', 'old 1', 'old 2'])
    await rig.stop()
  })
}

test('a lost file is let go when it is acknowledged and quiet, its last unfinished line sent', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.append('a.log', 'whole\nunfinished')
  await rig.poll()
  rig.dir.rename('a.log', 'a.old')
  await rig.poll()
  assert.equal(rig.state('a.old')?.state, 'lost')
  assert.deepEqual(await rig.lines(), ['whole'])
  await rig.pollAfter(61_000)
  await rig.pollAfter(61_000)
  assert.deepEqual(await rig.lines(), ['whole', 'unfinished'])
  assert.equal(rig.agent.openFiles, 0)
  assert.equal(rig.state('a.old'), undefined)
  rig.dir.rename('a.old', 'b.log')
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['whole', 'unfinished'])
  await rig.stop()
})

test('a file that was quiet for long and is renamed out of the globs: what its writer still writes to it arrives', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  await rig.pollAfter(3_600_000)
  rig.dir.rename('a.log', 'a.old')
  for (let i = 0; i < 50; i++) await rig.pollAfter(1_000)
  rig.dir.appendLines('a.old', ['2'])
  await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['1', '2'])
  await rig.stop()
})

test('an unfinished line is sent as it stands only when what was read before it is acknowledged: one cut at a time', async (t) => {
  const rig = await Rig.start(t, { limits: { flushPartialMs: 1_000 } })
  rig.kafka.holding = true
  rig.dir.append('a.log', 'one')
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_500)
  rig.dir.append('a.log', 'two')
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_500)
  rig.crash()
  rig.kafka.loseRequests()
  rig.kafka.holding = false
  await rig.restart()
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_500)
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  await rig.stop()
})

test('D: what stands in a deleted file is read through the open handle, then it is known by its content for a day', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', ['2', '3'])
  rig.dir.remove('a.log')
  await rig.poll()
  await rig.pollAfter(60_000)
  assert.equal(rig.agent.openFiles, 1, 'held open until acknowledged')
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.poll()
  await rig.pollAfter(6_000)
  assert.deepEqual(await rig.lines(), ['1', '2', '3'])
  assert.equal(rig.agent.openFiles, 0)
  await rig.bounce()
  assert.deepEqual(
    rig.disk.read().checkpoints.map(({ state }) => state),
    ['gone'],
  )
  await rig.pollAfter(86_500_000)
  await rig.stop()
  assert.deepEqual(rig.disk.read().checkpoints, [])
})

test('C: a truncated file begins anew under another id', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['first', 'second'])
  await rig.poll()
  rig.dir.truncate('a.log')
  await rig.poll()
  rig.dir.appendLines('a.log', ['third'])
  await rig.poll()
  const arrived = await rig.arrived()
  assert.deepEqual(
    arrived.map(({ offset, text }) => [offset, text]),
    [
      [0, 'first'],
      [6, 'second'],
      [0, 'third'],
    ],
  )
  assert.notEqual(arrived[2]?.source, arrived[0]?.source)
  await rig.pollAfter(6_000)
  await rig.stop()
  assert.deepEqual(
    rig.disk
      .read()
      .checkpoints.map(({ generation, sourceId, state }) => [generation, sourceId, state])
      .toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      [1, arrived[0]?.source, 'gone'],
      [2, arrived[2]?.source, 'active'],
    ],
  )
})

for (const stopped of [false, true]) {
  test(`C′: truncated and grown past the offset ${stopped ? 'while stopped' : 'between two looks'}`, async (t) => {
    const rig = await Rig.start(t)
    rig.dir.appendLines('a.log', ['first', 'second'])
    await rig.poll()
    if (stopped) await rig.stop()
    rig.dir.truncate('a.log')
    rig.dir.appendLines('a.log', ['third', 'fourth', 'fifth'])
    if (stopped) await rig.restart()
    await rig.poll()
    assert.deepEqual(await rig.lines(), ['first', 'second', 'third', 'fourth', 'fifth'])
    await rig.stop()
  })

  test(`C′: … with the same head, and only the bytes before the offset different, ${stopped ? 'stopped' : 'running'}`, async (t) => {
    const rig = await Rig.start(t)
    const head = Array.from({ length: 100 }, () => 'the same head in every file')
    rig.dir.appendLines('a.log', [...head, 'one'])
    await rig.poll()
    if (stopped) await rig.stop()
    rig.dir.truncate('a.log')
    rig.dir.appendLines('a.log', [...head, 'two', 'three'])
    if (stopped) await rig.restart()
    await rig.poll()
    assert.deepEqual(await rig.lines(), [...head, 'one', ...head, 'two', 'three'])
    await rig.stop()
  })

  test(`rewritten with as many bytes ${stopped ? 'while stopped' : 'between two looks'}`, async (t) => {
    const rig = await Rig.start(t)
    rig.dir.appendLines('a.log', ['aaa'])
    await rig.poll()
    if (stopped) await rig.stop()
    writeFileSync(rig.dir.file('a.log'), 'bbb\n')
    if (stopped) await rig.restart()
    await rig.poll()
    assert.deepEqual(await rig.lines(), ['aaa', 'bbb'])
    await rig.stop()
  })

  test(`E, F: deleted and made again, or replaced in one step, ${stopped ? 'stopped' : 'running'}`, async (t) => {
    const rig = await Rig.start(t)
    rig.dir.appendLines('a.log', ['same beginning', 'old'])
    rig.dir.appendLines('b.log', ['same beginning', 'old'])
    await rig.poll()
    if (stopped) await rig.stop()
    rig.dir.remove('a.log')
    rig.dir.appendLines('a.log', ['same beginning', 'new', 'and more'])
    rig.dir.replace('b.log', 'same beginning\nnew\nand more\n')
    if (stopped) await rig.restart()
    await rig.poll()
    // Both are the same now: one could be a copy of the other.
    await rig.pollAfter(5_000)
    const lines = await rig.lines()
    for (const line of ['new', 'and more']) assert.equal(lines.filter((text) => text === line).length, 2, line)
    await rig.stop()
  })
}

test('G: a symbolic link that points elsewhere is another file; both are read', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('one.txt', ['one'])
  rig.dir.appendLines('two.txt', ['two'])
  rig.dir.symlink('one.txt', 'current.log')
  await rig.poll()
  rig.dir.symlink('two.txt', 'current.log')
  rig.dir.appendLines('one.txt', ['one more'])
  await rig.poll()
  assert.deepEqual((await rig.lines()).toSorted(), ['one', 'one more', 'two'])
  await rig.stop()
})

test('H: a hard link and a second entry over the same file are ignored, with the reason', async (t) => {
  const rig = await Rig.start(t, {
    entries: [
      { path: '*.log', id: 'first' },
      { path: 'a*', id: 'second' },
    ],
  })
  rig.dir.appendLines('a.log', ['once'])
  rig.dir.hardLink('a.log', 'b.log')
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['once'])
  const ignored = [...rig.agent.files()].filter(({ state }) => state === 'ignored')
  assert.equal(ignored.length, 2)
  assert.match(ignored[0]?.reason ?? '', /same file as .*a\.log, which entry 'first' collects/)
  await rig.stop()
})

test('two entries with different topics over one file: each topic has every line', async (t) => {
  const rig = await Rig.start(t, {
    entries: [
      { path: '*.log', topic: 't' },
      { path: 'a.*', topic: 'u' },
    ],
  })
  rig.dir.appendLines('a.log', ['1', '2'])
  await rig.poll()
  assert.deepEqual(await rig.lines('t'), ['1', '2'])
  assert.deepEqual(await rig.lines('u'), ['1', '2'])
  await rig.bounce()
  rig.dir.appendLines('a.log', ['3'])
  await rig.poll()
  assert.deepEqual(await rig.lines('t'), ['1', '2', '3'])
  assert.deepEqual(await rig.lines('u'), ['1', '2', '3'])
  await rig.stop()
})
