import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, FakeClock, type Logger, silentLogger } from '@logpipe/runtime'
import { LogDir, waitFor } from '@logpipe/testkit'
import { AgentEvents } from '../events.ts'
import { Rig } from '../testing/rig.ts'
import { Hint, type WatchFolder, watchFolder } from './hint.ts'

/** Watches in the test's hand. */
class Watches {
  readonly open = new Map<string, { onEvent: () => void; onError: (error: unknown) => void }>()
  limit = Infinity
  begun = 0

  readonly watch: WatchFolder = (folder, onEvent, onError) => {
    if (this.open.size >= this.limit) throw Object.assign(new Error('no watch left'), { code: 'ENOSPC' })
    const watch = { onEvent, onError }
    this.open.set(folder, watch)
    this.begun++
    return { close: () => void (this.open.get(folder) === watch && this.open.delete(folder)) }
  }
}

function hintOf(
  watch: WatchFolder,
  log: Logger = silentLogger,
): { hint: Hint; clock: FakeClock; hurries: () => number } {
  let hurries = 0
  const clock = new FakeClock()
  const events = new AgentEvents(log, createMetrics('test'))
  const hint = new Hint({ clock, events, watch, hurry: () => void hurries++ })
  return { hint, clock, hurries: () => hurries }
}

test('the folders of the last scan are watched, no others, and at most 1,000', () => {
  const watches = new Watches()
  const { hint } = hintOf(watches.watch)
  hint.follow(['/a', '/b'])
  hint.follow(['/b', '/c'])
  assert.deepEqual([...watches.open.keys()], ['/b', '/c'])
  hint.follow(Array.from({ length: 5_000 }, (_, i) => `/${i}`))
  assert.equal(watches.open.size, 1_000)
  hint.close()
  assert.equal(watches.open.size, 0)
})

test('a flood of events is one hint and costs one watch for each scan', () => {
  const watches = new Watches()
  const { hint, hurries } = hintOf(watches.watch)
  hint.follow(['/a'])
  const before = hurries()
  for (let scan = 1; scan <= 3; scan++) {
    const flooded = watches.open.get('/a')
    for (let i = 0; i < 100_000; i++) flooded?.onEvent()
    assert.equal(hurries() - before, scan)
    assert.equal(watches.open.size, 0, 'nobody listens to the rest')
    hint.rearm()
    hint.follow(['/a'])
  }
  assert.equal(watches.begun, 4)
})

test('a folder that is new is looked at once more: what happened before it was watched was seen by nobody', () => {
  const { hint, hurries } = hintOf(new Watches().watch)
  hint.follow(['/a', '/b'])
  assert.equal(hurries(), 2)
  hint.follow(['/a', '/b'])
  assert.equal(hurries(), 2)
})

test('where the system refuses watches that is said once, all are given back, and polling goes on', async (t) => {
  const said: string[] = []
  const watches = new Watches()
  watches.limit = 1
  const rig = await Rig.start(t, {
    entries: [{ path: '**/*.log' }],
    watch: watches.watch,
    log: { ...silentLogger, warn: (message) => void said.push(message) },
  })
  for (let i = 0; i < 5; i++) {
    rig.dir.appendLines(`${i}/a.log`, [`${i}`])
    await rig.pollAfter(1_000)
  }
  assert.deepEqual(await rig.lines(), ['0', '1', '2', '3', '4'])
  assert.equal(watches.open.size, 0)
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /no more watches/)
  watches.limit = Infinity
  await rig.pollAfter(600_000)
  assert.equal(watches.open.size, 6)
  await rig.stop()
  assert.equal(watches.open.size, 0)
})

test('a watch that ends by itself with an error is no harm to the others', () => {
  const watches = new Watches()
  const { hint } = hintOf(watches.watch)
  hint.follow(['/a', '/b'])
  watches.open.get('/a')?.onError(Object.assign(new Error('gone'), { code: 'ENOENT' }))
  assert.equal(hint.count, 1)
  hint.follow(['/a', '/b'])
  assert.equal(hint.count, 2)
})

test('the system tells of a file that is made, and of one that grows', async (t) => {
  const dir = LogDir.create(t)
  const { hint, hurries } = hintOf(watchFolder)
  t.after(() => hint.close())
  hint.follow([dir.path, dir.file('not-there')])
  assert.equal(hint.count, 1)
  for (const expected of [2, 3]) {
    dir.appendLines('a.log', ['line'])
    await waitFor(() => hurries() === expected, { what: 'a hint' })
    hint.rearm()
  }
})
