import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { createMetrics, silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import { AgentEvents } from '../events.ts'
import { type HandleOwner, Handles } from '../harvest/handles.ts'
import { Rig } from '../testing/rig.ts'
import { Glob } from './glob.ts'
import { Roots } from './roots.ts'

test('what lies outside the roots is ignored, by its path or by where a link leads, and said once', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, {
    entries: [{ path: '**/*.log' }],
    roots: ['in', 'other/in'],
    log: { ...silentLogger, warn: (message) => void said.push(message) },
  })
  for (const name of ['in/a.log', 'in/deep/b.log', 'other/in/c.log']) rig.dir.appendLines(name, [name])
  for (const name of ['top.log', 'outside/d.log', 'other/e.log', 'inside/f.log']) rig.dir.appendLines(name, ['no'])
  rig.dir.symlink('../outside/d.log', 'in/file-link.log')
  rig.dir.symlink('../outside', 'in/folder-link')
  rig.dir.symlink('a.log', 'in/own-link.log')
  rig.dir.symlink('in', 'way-in')
  for (let i = 0; i < 3; i++) await rig.poll()
  assert.deepEqual((await rig.lines()).toSorted(), ['in/a.log', 'in/deep/b.log', 'other/in/c.log'])
  for (const name of ['top.log', 'outside', 'other/e.log', 'inside', 'in/file-link.log', 'in/folder-link', 'way-in']) {
    assert.equal(rig.state(name)?.state, 'ignored', name)
    assert.match(rig.state(name)?.reason ?? '', /outside the folders/, name)
  }
  assert.match(rig.state('in/own-link.log')?.reason ?? '', /same file/)
  assert.equal(new Set(said).size, said.length, 'each once')
  await rig.stop()
})

test('an entry that can match nothing inside is refused alone, with a sentence', async (t) => {
  const refused: unknown[] = []
  const rig = await Rig.start(t, {
    entries: [{ path: 'out/*.log' }, { path: 'in/*.log' }, { path: '*.log' }],
    roots: ['in'],
    log: { ...silentLogger, error: (_message, fields) => void refused.push(fields?.['reason']) },
  })
  for (const name of ['in/a.log', 'out/b.log', 'c.log']) rig.dir.appendLines(name, [name])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['in/a.log'])
  assert.equal(refused.length, 2)
  assert.match(String(refused[0]), /out\/\*\.log' can match nothing inside the folders that discover.roots allows/)
  await rig.stop()
})

test('roots that are narrowed are kept to by files that were collected before', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '**/*.log' }] })
  rig.dir.appendLines('out/a.log', ['one'])
  await rig.poll()
  await rig.stop()
  rig.dir.appendLines('out/a.log', ['two'])
  rig.roots = ['in']
  mkdirSync(rig.dir.file('in'))
  await rig.restart()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one'])
  assert.equal(rig.agent.openFiles, 0)
  await rig.stop()
})

test('a root that is a link itself is followed, and looked up again with every scan', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: 'logs/*.log' }], roots: ['logs'] })
  rig.dir.appendLines('first/a.log', ['a'])
  rig.dir.appendLines('second/b.log', ['b'])
  rig.dir.symlink('first', 'logs')
  await rig.poll()
  rig.dir.symlink('second', 'logs')
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['a', 'b'])
  await rig.stop()
})

test('which globs may match below a folder', () => {
  const mayMatch = (pattern: string, root: string): boolean => new Glob(pattern).mayMatchBelow(root)
  assert.ok(mayMatch('/var/log/*.log', '/var/log'))
  assert.ok(mayMatch('/var/log/app/*.log', '/var/log'))
  assert.ok(mayMatch('/var/**/*.log', '/var/log/app'))
  assert.ok(mayMatch('/var/*/app/*.log', '/var/log/app'))
  assert.ok(mayMatch('/{var,srv}/log/*.log', '/srv/log'))
  assert.ok(mayMatch('/var/./log/*.log', '/var/log'))
  assert.ok(!mayMatch('/var/*.log', '/var/log'))
  assert.ok(!mayMatch('/var/*/web/*.log', '/var/log/app'))
  assert.ok(!mayMatch('/var/logs/*.log', '/var/log'))
  assert.ok(!mayMatch('/etc/**', '/var/log'))
})

test('a path that climbs is outside, however it is written', (t) => {
  const dir = LogDir.create(t)
  mkdirSync(dir.file('in'))
  const roots = new Roots([dir.file('in/')])
  assert.ok(roots.allows(dir.file('in/a.log'), dir.file('in/a.log')))
  for (const path of ['in/../a.log', 'in/./../in2/a.log', 'inside/a.log', 'in/../../a.log']) {
    assert.ok(!roots.allows(dir.file(path), dir.file('in/a.log')), path)
    assert.ok(!roots.allows(dir.file('in/a.log'), `${dir.path}/x`), path)
  }
})

test('a file that a link leads to only when it is opened is not read', (t) => {
  const dir = LogDir.create(t)
  dir.append('secret', 'x')
  dir.append('in/a.log', 'x')
  const handles = new Handles(8, new AgentEvents(silentLogger, createMetrics('test')), new Roots([dir.file('in')]))
  const owner = (name: string): HandleOwner => ({ path: dir.file(name), isClosable: true, isAtEnd: true })
  t.after(() => handles.closeAll())
  assert.equal(typeof handles.acquire(owner('in/a.log')), 'number')
  dir.symlink('../secret', 'in/b.log')
  assert.throws(() => handles.acquire(owner('in/b.log')), /outside of discover\.roots/)
  assert.equal(handles.count, 1)
})
