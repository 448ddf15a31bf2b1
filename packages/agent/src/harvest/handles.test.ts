import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { createMetrics, FakeClock, silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import { Roots } from '../discover/roots.ts'
import { AgentEvents } from '../events.ts'
import { type HandleOwner, Handles } from './handles.ts'

test('where the system gives no more handles fewer are held, said once; when it gives more again, more are', (t) => {
  const dir = LogDir.create(t)
  const said: string[] = []
  const log = { ...silentLogger, warn: (message: string) => void said.push(message) }
  const clock = new FakeClock()
  const handles = new Handles(100, new AgentEvents(log, createMetrics('test')), new Roots(['/']), clock)
  t.after(() => handles.closeAll())
  let given = 40
  const open = fs.openSync
  // The limit of this process would be that of the test runner, too: the system's answer is played.
  t.mock.method(fs, 'openSync', (path: string, flags: number) => {
    if (handles.count >= given) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
    return open(path, flags)
  })
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
  const owners = Array.from({ length: 90 }, (_, i): HandleOwner => {
    dir.append(`${i}.log`, 'x')
    return { path: dir.file(`${i}.log`), isClosable: true, isAtEnd: true }
  })
  const openAll = (): void => {
    for (const owner of owners) if (handles.acquire(owner) === null) handles.acquire(owner)
  }

  openAll()
  assert.ok(handles.count <= 24 && handles.count >= 20, `${handles.count} are open, some are left to others`)
  clock.advance(61_000)
  openAll()
  assert.ok(handles.count <= 24, 'it was asked for more, and gave none')
  assert.equal(said.length, 1)

  given = 1_000
  for (let minute = 0; minute < 4; minute++) {
    clock.advance(61_000)
    openAll()
  }
  assert.equal(handles.count, 90)
  assert.equal(handles.isShort, true)
  given = 40
  handles.closeAll()
  openAll()
  assert.equal(said.length, 2, 'another time that they run short is said again')
})

test('a FIFO that has taken the place of a file does not hang whoever opens it', { timeout: 10_000 }, (t) => {
  const dir = LogDir.create(t)
  execFileSync('mkfifo', [dir.file('a.log')])
  const handles = new Handles(8, new AgentEvents(silentLogger, createMetrics('fifo')))
  t.after(() => handles.closeAll())
  assert.equal(typeof handles.acquire({ path: dir.file('a.log'), isClosable: true, isAtEnd: true }), 'number')
})

test('what is not read to its end keeps its handle as long as others can give theirs, and is opened before its turn where one can', (t) => {
  const dir = LogDir.create(t)
  const handles = new Handles(2, new AgentEvents(silentLogger, createMetrics('unread')))
  t.after(() => handles.closeAll())
  const owner = (name: string, isAtEnd: boolean): HandleOwner => {
    dir.append(name, 'x')
    return { path: dir.file(name), isClosable: true, isAtEnd }
  }
  const [unread, read, grown, other] = [owner('a', false), owner('b', true), owner('c', false), owner('d', false)]
  const areOpen = (): boolean[] => [unread, read, grown].map((one) => handles.get(one) !== undefined)
  for (const open of [() => handles.acquire(grown), () => handles.hold(grown)]) {
    handles.acquire(unread)
    handles.close(grown)
    handles.acquire(read)
    open()
    assert.deepEqual(areOpen(), [true, false, true])
  }
  assert.equal(handles.hold(other), false, 'all others have something to read')
  assert.equal(typeof handles.acquire(other), 'number', 'whose turn it is gets one')
  assert.equal(handles.get(unread), undefined)
  handles.close(other)
  assert.doesNotThrow(() => handles.hold({ path: dir.file('away'), isClosable: true, isAtEnd: false }))
})
