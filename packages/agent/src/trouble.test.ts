import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { LogpipeError, silentLogger } from '@logpipe/runtime'
import { unreadable } from './discover/identity.ts'
import { withoutRightsTo } from './testing/rights.ts'
import { Rig } from './testing/rig.ts'

const diskFull = new LogpipeError('disk_full', 'There is no room on the disk for the registry; make some.')

test('while the registry cannot be written, known files go on, new ones wait; said once; then all is as it was', async (t) => {
  const said: string[] = []
  const note = (message: string): void => void said.push(message)
  const rig = await Rig.start(t, { log: { ...silentLogger, error: note, info: note } })
  rig.dir.appendLines('known.log', ['x'.repeat(1_100)])
  await rig.poll()
  rig.disk.fault = diskFull
  rig.dir.appendLines('known.log', ['on'])
  rig.dir.appendLines('new.log', ['new'])
  for (let i = 0; i < 5; i++) await rig.pollAfter(1_000)
  assert.deepEqual((await rig.lines()).slice(1), ['on'])
  assert.equal(said.filter((message) => message.startsWith('Positions cannot be written')).length, 1)
  rig.disk.fault = null
  await rig.pollAfter(1_000)
  assert.deepEqual((await rig.lines()).slice(1), ['on', 'new'])
  assert.ok(said.includes('Positions are written again'))
  await rig.bounce()
  await rig.poll()
  assert.equal((await rig.arrived()).length, 3)
  await rig.stop()
})

test('a path that cannot be looked at is failed with the reason, others are untouched, and it is tried again', async (t) => {
  const warnings: string[] = []
  const rig = await Rig.start(t, { log: { ...silentLogger, warn: (message) => void warnings.push(message) } })
  rig.dir.symlink('round.log', 'round.log')
  rig.dir.appendLines('fine.log', ['fine'])
  for (let i = 0; i < 3; i++) await rig.poll()
  assert.deepEqual(await rig.lines(), ['fine'])
  assert.equal(rig.state('round.log')?.state, 'failed')
  assert.match(rig.state('round.log')?.reason ?? '', /symbolic links go round in a circle/)
  assert.equal(warnings.length, 1, 'said once')
  rig.dir.replace('round.log', 'mended\n')
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['fine', 'mended'])
  await rig.stop()
})

test('a file that is there and cannot be read is failed, said once, and tried with every scan', async (t) => {
  const said: string[] = []
  const note = (message: string): void => void said.push(message)
  const rig = await Rig.start(t, { log: { ...silentLogger, warn: note, info: note } })
  // Reading a process's memory at address 0 is an I/O error, also for root.
  rig.dir.symlink('/proc/self/mem', 'a.log')
  rig.dir.appendLines('fine.log', ['fine'])
  for (let i = 0; i < 4; i++) await rig.poll()
  assert.equal(rig.state('a.log')?.state, 'failed')
  assert.match(rig.state('a.log')?.reason ?? '', /a\.log cannot be read: the system answered EIO/)
  assert.equal(said.filter((message) => message.includes('cannot be read')).length, 1)
  assert.deepEqual(await rig.lines(), ['fine'])
  await rig.stop()
})

test('a folder that cannot be listed says nothing about its files: none of them is lost', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'logs/*.log' }] })
  rig.dir.appendLines('logs/a.log', ['one'])
  await rig.poll()
  const before = rig.state('logs/a.log')
  rig.dir.rename('logs', 'aside')
  rig.dir.symlink('logs', 'logs')
  await rig.pollAfter(100_000)
  await rig.pollAfter(100_000)
  assert.equal(rig.state('logs/a.log')?.state, before?.state)
  assert.equal(rig.state('logs')?.state, 'failed')
  rig.dir.remove('logs')
  rig.dir.rename('aside', 'logs')
  rig.dir.appendLines('logs/a.log', ['two'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 1)
  await rig.stop()
})

test('a folder that is gone and comes back with the same files goes on where it was', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'logs/**/*.log' }] })
  rig.dir.appendLines('logs/deep/a.log', ['one'])
  await rig.poll()
  rig.dir.rename('logs', 'aside')
  await rig.pollAfter(100_000)
  await rig.pollAfter(100_000)
  rig.dir.rename('aside', 'logs')
  rig.dir.appendLines('logs/deep/a.log', ['two'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  await rig.stop()
})

test('what is no regular file is ignored, with the reason', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, {
    entries: [{ path: '*.log', exclude: ['not-*'] }],
    log: { ...silentLogger, info: (message) => void (message.startsWith('Not collected') && said.push(message)) },
  })
  mkdirSync(rig.dir.file('folder.log'))
  execFileSync('mkfifo', [rig.dir.file('pipe.log')])
  rig.dir.appendLines('not-this.log', ['no'])
  rig.dir.appendLines('a.log', ['yes'])
  for (let i = 0; i < 3; i++) await rig.poll()
  assert.deepEqual(await rig.lines(), ['yes'])
  assert.match(rig.state('pipe.log')?.reason ?? '', /no regular file/)
  assert.match(rig.state('not-this.log')?.reason ?? '', /exclude/)
  assert.match(rig.state('folder.log')?.reason ?? '', /is a folder/)
  assert.equal(said.length, 2, 'the pipe and the folder, once each')
  await rig.stop()
})

test('more files than may be open: all are read, and no more are open', async (t) => {
  const rig = await Rig.start(t, { limits: { maxOpenFiles: 3 } })
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 20; i++) rig.dir.appendLines(`${i}.log`, [`${i} ${round}`])
    await rig.poll()
    assert.ok(rig.agent.openFiles <= 3)
  }
  assert.equal((await rig.lines()).length, 60)
  await rig.stop()
})

test('a deleted file keeps its handle until it is read and acknowledged, however short handles are', async (t) => {
  const rig = await Rig.start(t, { limits: { maxOpenFiles: 1 } })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', ['2'])
  rig.dir.remove('a.log')
  rig.dir.appendLines('b.log', ['3'])
  await rig.poll()
  rig.kafka.holding = false
  rig.kafka.answer()
  for (let i = 0; i < 3; i++) await rig.pollAfter(2_000)
  assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', '3'])
  await rig.stop()
})

test('what a deleted file held beyond the handle is counted and said', async (t) => {
  const said: unknown[] = []
  const rig = await Rig.start(t, {
    limits: { maxOpenFiles: 1, maxInFlightBytes: 32_768 },
    log: { ...silentLogger, error: (_message, fields) => void said.push(fields?.['unreadBytes']) },
  })
  rig.kafka.holding = true
  rig.dir.appendLines(
    'a.log',
    Array.from({ length: 40 }, () => 'x'.repeat(1_000)),
  )
  await rig.poll()
  const { lagBytes } = rig.state('a.log') ?? { lagBytes: 0 }
  assert.ok(lagBytes > 0)
  rig.dir.appendLines('b.log', ['takes the handle'])
  rig.kafka.holding = false
  rig.kafka.faults.set('t', new LogpipeError('kafka_topic_forbidden', 'No.'))
  await rig.poll()
  rmSync(rig.dir.file('a.log'))
  await rig.poll()
  await rig.stop(20)
  assert.equal(said.filter((bytes) => typeof bytes === 'number' && bytes > 0).length, 1)
})

test('a scan that fails half-way: the other folders are scanned, nothing in the failed one is taken for gone', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, {
    entries: [{ path: '*/*.log' }],
    log: { ...silentLogger, warn: (message) => void said.push(message) },
  })
  for (const folder of ['a', 'b', 'c']) rig.dir.appendLines(`${folder}/1.log`, [`${folder} one`])
  await rig.poll()
  for (const folder of ['a', 'c']) rig.dir.appendLines(`${folder}/2.log`, [`${folder} two`])
  const giveBack = withoutRightsTo(rig, 'b')
  try {
    for (let i = 0; i < 3; i++) await rig.pollAfter(100_000)
    assert.equal(rig.state('b/1.log')?.state, 'idle')
    assert.equal((await rig.lines()).length, 5)
  } finally {
    giveBack()
  }
  assert.equal(said.filter((message) => message.includes('no right to read it')).length, 1)
  rig.dir.appendLines('b/1.log', ['b three'])
  await rig.poll()
  assert.equal((await rig.arrived()).filter(({ path }) => path === 'b/1.log').length, 2)
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 5)
  await rig.stop()
})

test('files of a folder that is away for a while are the same when it is back', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'mnt/*.log', closeInactive: 10_000 }] })
  mkdirSync(rig.dir.file('mnt'))
  rig.dir.appendLines('mnt/a.log', ['1', '2'])
  await rig.poll()
  await rig.pollAfter(11_000)
  await rig.pollAfter(11_000)
  assert.equal(rig.agent.openFiles, 0)
  renameSync(rig.dir.file('mnt'), rig.dir.file('away'))
  await rig.pollAfter(1_000)
  await rig.pollAfter(1_000)
  renameSync(rig.dir.file('away'), rig.dir.file('mnt'))
  rig.dir.appendLines('mnt/a.log', ['3'])
  await rig.pollAfter(1_000)
  await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['1', '2', '3'])
})

test('a file that is back before all of it was acknowledged is drained when it is renamed later', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'mnt/*.log' }], limits: { maxOpenFiles: 1 } })
  mkdirSync(rig.dir.file('mnt'))
  rig.kafka.holding = true
  rig.dir.appendLines('mnt/a.log', ['1'])
  await rig.poll()
  rig.dir.appendLines('mnt/b.log', ['2'])
  await rig.poll()
  assert.equal(rig.isOpen('mnt/a.log'), false)
  renameSync(rig.dir.file('mnt'), rig.dir.file('away'))
  await rig.pollAfter(1_000)
  renameSync(rig.dir.file('away'), rig.dir.file('mnt'))
  await rig.pollAfter(1_000)
  rig.dir.appendLines('mnt/a.log', ['3'])
  rig.dir.rename('mnt/a.log', 'mnt/a.old')
  await rig.pollAfter(1_000)
  rig.kafka.holding = false
  rig.kafka.answer()
  for (let second = 0; second < 5; second++) await rig.pollAfter(1_000)
  assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', '3'])
  await rig.stop()
})

test('a file that is gone before it could be opened is told so in words', () => {
  const gone = Object.assign(new Error('no such file'), { code: 'ENOENT' })
  assert.equal(unreadable('/a.log', gone).message, '/a.log cannot be read: it is no longer there.')
})
