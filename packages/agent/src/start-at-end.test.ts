import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EntryInput, Rig } from './testing/rig.ts'

const atEnd: EntryInput = { id: 'one', path: '*.log', startAt: 'end' }

/** The entry becomes another one, while the agent runs or is stopped; what it wrote meanwhile. */
const changes: { what: string; entry: EntryInput; whileStopped: boolean; lines: string[] }[] = [
  { what: 'tags', entry: { ...atEnd, tags: ['x'] }, whileStopped: false, lines: ['1', '2', '3'] },
  { what: 'id', entry: { ...atEnd, id: 'two' }, whileStopped: false, lines: ['1', '2', '3'] },
  { what: 'id', entry: { ...atEnd, id: 'two' }, whileStopped: true, lines: ['1', '2', '3'] },
  {
    what: 'path and id',
    entry: { ...atEnd, id: 'two', path: '*.{log,txt}' },
    whileStopped: false,
    lines: ['1', '2', '3'],
  },
  { what: 'topic and id', entry: { ...atEnd, id: 'two', topic: 'u' }, whileStopped: false, lines: ['1', '2'] },
]

for (const { what, entry, whileStopped, lines } of changes) {
  test(`startAt: end, another ${what} ${whileStopped ? 'after a stop' : 'while it runs'}: of what it asked for before it skips nothing, of the rest all that is there`, async (t) => {
    const rig = await Rig.start(t, { entries: [atEnd] })
    rig.dir.appendLines('a.log', ['0'])
    rig.dir.appendLines('b.txt', ['an old line'])
    await rig.poll()
    rig.dir.appendLines('a.log', ['1'])
    await rig.poll()
    if (whileStopped) await rig.stop()
    rig.dir.appendLines('a.log', ['2'])
    if (!whileStopped && what.startsWith('topic')) await rig.poll()
    rig.dir.rotate('a.log')
    rig.dir.appendLines('a.log', ['3'])
    if (whileStopped) await rig.restart([entry])
    else rig.apply([entry])
    await rig.poll()
    await rig.poll()
    assert.deepEqual(await rig.lines(), lines)
    rig.dir.appendLines('a.log', ['4'])
    await rig.poll()
    assert.equal((await rig.lines(entry.topic ?? 't')).at(-1), '4')
    await rig.stop()
  })
}

for (const [hours, expected] of [
  [1, ['1', '0', '1', '2']],
  [25, ['1']],
] as const) {
  test(`startAt: end, the registry lost and no plan known at the start ${hours} h ago: ${hours < 24 ? 'nothing is skipped' : 'the entry is a new one'}`, async (t) => {
    const rig = await Rig.start(t, { entries: [atEnd] })
    rig.dir.appendLines('a.log', ['0'])
    await rig.poll()
    rig.dir.appendLines('a.log', ['1'])
    await rig.poll()
    await rig.stop()
    rig.disk.breakDown(rig.clock.now())
    rig.dir.appendLines('a.log', ['2'])
    // Etcd is away, and the registry has no plan any more.
    await rig.restart([])
    await rig.poll()
    await rig.stop()
    rig.clock.advance(hours * 3_600_000)
    await rig.restart([atEnd])
    await rig.poll()
    assert.deepEqual(await rig.lines(), expected)
    await rig.stop()
  })
}

test('startAt: end, the registry lost while the clock is two days behind, which is set before etcd gives the plan: nothing is skipped', async (t) => {
  const rig = await Rig.start(t, { entries: [atEnd] })
  rig.dir.appendLines('a.log', ['0'])
  await rig.poll()
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.crash()
  rig.dir.appendLines('a.log', ['2'])
  const now = rig.clock.now()
  rig.clock.setNow(now - 48 * 3_600_000)
  rig.disk.breakDown(rig.clock.now())
  await rig.restart([])
  await rig.pollAfter(1_000)
  rig.clock.setNow(now + 20_000)
  await rig.pollAfter(1_000)
  rig.apply([atEnd])
  await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['1', '0', '1', '2'])
  await rig.stop()
})
