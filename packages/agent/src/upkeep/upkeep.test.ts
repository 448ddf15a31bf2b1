import assert from 'node:assert/strict'
import fs, { appendFileSync, closeSync, openSync, utimesSync, writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { FakeClock, LogpipeError, silentLogger } from '@logpipe/runtime'
import { withoutRightsTo } from '../testing/rights.ts'
import { Rig, type RigOptions } from '../testing/rig.ts'

const hour = 3_600_000

/** A rig whose clock shows what the file system's does. */
const startRig = (t: Parameters<typeof Rig.start>[0], options: RigOptions): Promise<Rig> =>
  Rig.start(t, { clock: new FakeClock(Date.now()), ...options })

/** Makes the file look as if it had not changed for so long. */
function age(rig: Rig, name: string, ms: number): void {
  const at = (rig.clock.now() - ms) / 1_000
  utimesSync(rig.dir.file(name), at, at)
}

test('a file that is older than ignoreOlder when it is first seen is left alone until it changes, then read whole', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', ignoreOlder: hour }] })
  rig.dir.appendLines('old.log', ['old'])
  age(rig, 'old.log', 2 * hour)
  rig.dir.appendLines('new.log', ['new'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['new'])
  assert.equal(rig.state('old.log')?.state, 'ignored')
  assert.match(rig.state('old.log')?.reason ?? '', /ignoreOlder/)
  rig.dir.appendLines('old.log', ['more'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['new', 'old', 'more'])
  await rig.stop()
})

test('a file that is known is read on however old it is', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', ignoreOlder: hour }] })
  rig.dir.appendLines('a.log', ['one'])
  await rig.poll()
  await rig.stop()
  rig.dir.appendLines('a.log', ['two'])
  age(rig, 'a.log', 2 * hour)
  await rig.restart()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  await rig.stop()
})

test('a quiet file is closed after closeInactive and read on when it grows; one that is not acknowledged stays open', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', closeInactive: 60_000 }] })
  rig.dir.appendLines('a.log', ['one'])
  rig.dir.append('partial.log', 'unfinished')
  rig.kafka.holding = true
  await rig.poll()
  await rig.pollAfter(61_000)
  assert.equal(rig.agent.openFiles, 2, 'nothing is acknowledged yet')
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.poll()
  await rig.pollAfter(61_000)
  assert.equal(rig.agent.openFiles, 1, 'the unfinished line would be gone with its file')
  rig.dir.appendLines('a.log', ['two'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  await rig.stop()
})

test('a lost file is not closed by closeInactive: it could not be found again', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', closeInactive: 1_000 }] })
  rig.dir.appendLines('a.log', ['one'])
  await rig.poll()
  rig.dir.remove('a.log')
  await rig.pollAfter(2_000)
  assert.equal(rig.agent.openFiles, 1)
  await rig.stop()
})

test('deleteAfter deletes a file when all of it is acknowledged and it has not changed for so long, not before', async (t) => {
  const said: string[] = []
  const rig = await startRig(t, {
    entries: [{ path: '*.log', deleteAfter: hour }, { path: '*.keep' }],
    log: { ...silentLogger, info: (message) => void said.push(message) },
  })
  for (const name of ['a.log', 'young.log', 'b.keep', 'unmatched']) rig.dir.appendLines(name, [name])
  rig.dir.append('partial.log', 'unfinished')
  rig.kafka.holding = true
  for (const name of ['a.log', 'b.keep', 'unmatched', 'partial.log']) age(rig, name, 2 * hour)
  await rig.poll()
  for (let i = 0; i < 3; i++) await rig.pollAfter(2_000)
  assert.ok(rig.dir.exists('a.log'), 'it is not acknowledged')
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.poll()
  for (let i = 0; i < 3; i++) await rig.pollAfter(2_000)
  assert.equal(rig.dir.exists('a.log'), false)
  for (const name of ['young.log', 'b.keep', 'unmatched', 'partial.log']) assert.ok(rig.dir.exists(name), name)
  assert.equal(said.filter((message) => message.startsWith('A file was deleted')).length, 1)
  await rig.pollAfter(hour)
  await rig.pollAfter(2_000)
  assert.equal(rig.dir.exists('young.log'), false)
  await rig.stop()
})

test('what a writer appends to a file after it was deleted is read', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', deleteAfter: hour, closeInactive: 1_000 }] })
  rig.dir.appendLines('a.log', ['one'])
  const writer = openSync(rig.dir.file('a.log'), 'a')
  t.after(() => closeSync(writer))
  age(rig, 'a.log', 2 * hour)
  await rig.poll()
  await rig.pollAfter(2_000)
  assert.equal(rig.dir.exists('a.log'), false)
  assert.equal(rig.state('a.log')?.state, 'lost')
  writeSync(writer, 'two\n')
  await rig.pollAfter(2_000)
  writeSync(writer, 'three\n')
  await rig.pollAfter(2_000)
  assert.deepEqual(await rig.lines(), ['one', 'two', 'three'])
  for (let i = 0; i < 3; i++) await rig.pollAfter(6_000)
  assert.equal(rig.agent.openFiles, 0)
  await rig.stop()
})

test('links and files with a second name are not deleted, and /files says why, the log once', async (t) => {
  const said: string[] = []
  const rig = await startRig(t, {
    entries: [{ path: '*.log', deleteAfter: hour }],
    log: { ...silentLogger, warn: (message) => void said.push(message) },
  })
  for (const name of ['target', 'twice.log']) rig.dir.appendLines(name, [name])
  rig.dir.symlink('target', 'link.log')
  rig.dir.hardLink('twice.log', 'other-name')
  for (const name of ['target', 'twice.log']) age(rig, name, 2 * hour)
  await rig.poll()
  for (let i = 0; i < 4; i++) await rig.pollAfter(61_000)
  for (const name of ['link.log', 'target', 'twice.log', 'other-name']) assert.ok(rig.dir.exists(name), name)
  assert.match(rig.state('twice.log')?.reason ?? '', /2 names/)
  assert.match(rig.state('link.log')?.reason ?? '', /symbolic link/)
  assert.equal(said.length, 2)
  await rig.stop()
})

test('a file that was written to since the last look is not deleted', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', deleteAfter: hour }] })
  rig.dir.appendLines('a.log', ['one'])
  await rig.poll()
  await rig.pollAfter(2_000)
  appendFileSync(rig.dir.file('a.log'), 'two\n')
  age(rig, 'a.log', 2 * hour)
  await rig.pollAfter(61_000)
  assert.ok(rig.dir.exists('a.log'))
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  await rig.pollAfter(61_000)
  assert.equal(rig.dir.exists('a.log'), false)
  await rig.stop()
})

test('a file to which a line came after the last look at it, right before it would be deleted, is not', async (t) => {
  const rig = await startRig(t, { entries: [{ path: '*.log', deleteAfter: hour }] })
  rig.dir.appendLines('a.log', ['one'])
  age(rig, 'a.log', 2 * hour)
  await rig.poll()
  const lstat = fs.lstatSync.bind(fs)
  let isLate = false
  // Who is about to delete a file looks at its name, and nobody else does.
  t.mock.method(fs, 'lstatSync', (path: string, options: object) => {
    const seen = lstat(path, options)
    if (!isLate) appendFileSync(path, 'two\n')
    isLate = true
    return seen
  })
  syncBuiltinESMExports()
  try {
    await rig.pollAfter(61_000)
  } finally {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  }
  assert.equal(isLate, true)
  assert.ok(rig.dir.exists('a.log'))
  await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  await rig.stop()
})

test('where this user may not delete, /files says so, the log once, and it is tried again', async (t) => {
  const said: string[] = []
  const rig = await startRig(t, {
    entries: [{ path: 'logs/*.log', deleteAfter: hour }],
    log: { ...silentLogger, warn: (message) => void said.push(message) },
  })
  rig.dir.appendLines('logs/a.log', ['one'])
  age(rig, 'logs/a.log', 2 * hour)
  await rig.poll()
  const giveBack = withoutRightsTo(rig, 'logs', 0o555)
  try {
    for (let i = 0; i < 3; i++) await rig.pollAfter(61_000)
  } finally {
    giveBack()
  }
  assert.ok(rig.dir.exists('logs/a.log'))
  assert.match(rig.state('logs/a.log')?.reason ?? '', /no right/)
  assert.equal(said.length, 1)
  await rig.pollAfter(61_000)
  assert.equal(rig.dir.exists('logs/a.log'), false)
  await rig.stop()
})

test('a file that another entry collects too is not deleted before all of it is acknowledged there', async (t) => {
  const rig = await startRig(t, {
    entries: [
      { path: '*.log', id: 'x', deleteAfter: 60_000 },
      { path: '*.log', id: 'y', topic: 'u' },
    ],
  })
  rig.kafka.faults.set('u', new LogpipeError('kafka_topic_forbidden', 'The topic may not be written.'))
  rig.dir.appendLines('a.log', ['1', '2'])
  await rig.poll()
  await rig.pollAfter(61_000)
  await rig.pollAfter(61_000)
  await rig.pollAfter(61_000)
  await rig.pollAfter(61_000)
  rig.kafka.faults.clear()
  await rig.pollAfter(1_000)
  await rig.pollAfter(1_000)
  await rig.settle()
  await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines('t'), ['1', '2'])
  assert.deepEqual(await rig.lines('u'), ['1', '2'])
})
