import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { silentLogger } from '@logpipe/runtime'
import { Rig } from './testing/rig.ts'

const binary = Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i % 5 === 0 ? 0 : 65)))

test('a file that is no text is ignored with a sentence, said once, counts for no lag, and others go on', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, { log: { ...silentLogger, warn: (message) => void said.push(message) } })
  rig.dir.append('core.log', binary)
  rig.dir.appendLines('a.log', ['a text'])
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
  rig.dir.append('core.log', binary)
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['a text'])
  assert.equal(rig.state('core.log')?.state, 'ignored')
  assert.match(rig.state('core.log')?.reason ?? '', /no text.*Set 'encoding' \(it is utf-8\).*exclude/)
  assert.equal(said.filter((message) => message.includes('core.log')).length, 1)
  assert.equal(rig.agent.lagBytes, 0)
  rig.dir.remove('core.log')
  await rig.pollAfter(1_000)
  await rig.pollAfter(61_000)
  assert.equal(rig.state('core.log'), undefined)
  await rig.stop()
  assert.equal(rig.disk.read().checkpoints.length, 1, 'nothing is kept of a file of which nothing was sent')
})

test('a file that was no text is looked at again when it changes', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.append('a.log', binary)
  await rig.poll()
  rig.dir.truncate('a.log')
  rig.dir.appendLines('a.log', ['a text now'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['a text now'])
  await rig.stop()
})

test('a hole that a writer left in front of its text is passed over, a NUL here and there collected; the row says so', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.append('hole.log', Buffer.concat([Buffer.alloc(700), Buffer.from('text\n')]))
  rig.dir.append('odd.log', `${'x'.repeat(100)}\0y\n`)
  await rig.poll()
  const lines = (await rig.lines()).toSorted()
  assert.deepEqual(lines, ['text', `${'x'.repeat(100)}\0y`])
  assert.match(rig.state('hole.log')?.reason ?? '', /a hole/)
  assert.match(rig.state('odd.log')?.reason ?? '', /NUL bytes/)
  await rig.stop()
})

test('an encoding that has NULs is not asked for them', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', encoding: 'utf-16le' }] })
  rig.dir.append('a.log', Buffer.from('wide\n', 'utf16le'))
  await rig.poll()
  assert.notEqual(rig.state('a.log')?.state, 'ignored')
  await rig.stop()
})

test('rights that are lost in mid-file: failed with the reason, said once, others go on; given back, nothing is missing', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, {
    limits: { maxOpenFiles: 1 },
    log: { ...silentLogger, warn: (message) => void said.push(message) },
  })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  // As root rights do not bind: what cannot be opened is a path that has become a circle.
  rig.dir.rename('a.log', 'aside')
  rig.dir.symlink('a.log', 'a.log')
  rig.dir.append('aside', '2\n')
  rig.dir.appendLines('b.log', ['b 1'])
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
  assert.equal([...rig.agent.files()].find(({ state }) => state === 'failed')?.path, rig.dir.file('a.log'))
  assert.equal(said.filter((message) => message.includes('a.log cannot be read')).length, 1)
  assert.ok((await rig.lines()).includes('b 1'))
  rig.dir.remove('a.log')
  rig.dir.rename('aside', 'a.log')
  await rig.pollAfter(1_000)
  assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', 'b 1'])
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 2)
  await rig.stop()
})

test('a folder for a file, a FIFO and a socket in the place of a file that is read: that one is lost, the row says what is there, others go on', async (t) => {
  const rig = await Rig.start(t)
  for (const name of ['folder.log', 'pipe.log', 'socket.log', 'fine.log']) rig.dir.appendLines(name, [`${name} 1`])
  await rig.poll()
  for (const name of ['folder.log', 'pipe.log', 'socket.log']) rmSync(rig.dir.file(name))
  mkdirSync(rig.dir.file('folder.log'))
  execFileSync('mkfifo', [rig.dir.file('pipe.log')])
  const server = createServer().listen(rig.dir.file('socket.log'))
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  rig.dir.appendLines('fine.log', ['fine.log 2'])
  await rig.pollAfter(1_000)
  await rig.pollAfter(7_000)
  for (const name of ['pipe.log', 'socket.log']) assert.match(rig.state(name)?.reason ?? '', /no regular file/)
  assert.equal((await rig.lines()).length, 5)
  assert.equal([...rig.agent.files()].filter(({ state }) => state === 'idle').length, 1)
  await rig.stop()
})

test('NULs that end lines are none that tell of no text', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', delimiter: '\0' }] })
  rig.dir.append('a.log', 'n1\0n2\0')
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['n1', 'n2'])
  await rig.stop()
})

test('a file that begins with a hole, or is not in its container format, says so, once in the log', async (t) => {
  const warnings: string[] = []
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const rig = await Rig.start(t, { log, entries: [{ path: 'hole.log' }, { path: 'plain.log', container: 'docker' }] })
  rig.dir.append('hole.log', '\0'.repeat(5_000))
  rig.dir.append('plain.log', 'one\ntwo\n')
  await rig.poll()
  rig.dir.append('plain.log', 'three\n')
  await rig.poll()
  assert.match(rig.state('hole.log')?.reason ?? '', /begins with NUL bytes/)
  assert.match(rig.state('plain.log')?.reason ?? '', /not in docker's format went as they are: 3 so far/)
  assert.equal(warnings.filter((warning) => warning.includes('container')).length, 1)
  assert.deepEqual(await rig.lines(), ['one', 'two', 'three'])
})
