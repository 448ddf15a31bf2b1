import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError, silentLogger } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { Rig } from './testing/rig.ts'

test('the same entries once more are no new plan: folders are not looked at anew, nothing is told', async (t) => {
  const told: string[] = []
  const log = { ...silentLogger, info: (message: string) => void told.push(message) }
  const rig = await Rig.start(t, { log })
  const stop = new AbortController()
  const done = rig.agent.run(stop.signal)
  const scanned = (times: number): Promise<unknown> =>
    waitFor(() => rig.agent.scans >= times, { what: `${times} scans`, everyMs: 1 })
  await scanned(1)
  rig.apply([{ path: '*.log' }])
  rig.apply([{ path: '*.log' }])
  rig.apply([{ path: '*.log' }, { path: '*.txt', id: 'other' }])
  await scanned(2)
  stop.abort()
  await done
  assert.equal(rig.agent.scans, 2)
  // At the start, and with the other entry.
  assert.equal(told.filter((message) => message === 'Plan applied').length, 2)
  await rig.stop()
})

test('an entry that is removed stops, and goes on where it was when it comes back, also over a restart', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.apply([])
  await rig.poll()
  rig.dir.appendLines('a.log', ['2'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1'])
  assert.equal(rig.agent.openFiles, 0)
  rig.apply([{ path: '*.log' }])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1', '2'])
  rig.apply([{ path: '*.log', enabled: false }])
  await rig.poll()
  rig.dir.appendLines('a.log', ['3'])
  await rig.bounce()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1', '2'])
  await rig.stop()
  await rig.restart([{ path: '*.log' }])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1', '2', '3'])
  assert.equal((await rig.arrived()).length, 3)
  await rig.stop()
})

test('a removed entry stops only after what it has read is acknowledged', async (t) => {
  const rig = await Rig.start(t)
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  await rig.poll()
  rig.apply([])
  await rig.poll()
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.poll()
  await rig.stop()
  assert.deepEqual(
    rig.disk.read().checkpoints.map(({ acked }) => acked),
    [2],
  )
})

test('a changed entry keeps its source: same id, cursor kept, new headers and topic from there on', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', id: 'web' }] })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.apply([{ path: '*.log', id: 'web', tags: ['new'] }])
  rig.dir.appendLines('a.log', ['2'])
  await rig.poll()
  rig.apply([{ path: '*.log*', id: 'web', topic: 'u' }])
  rig.dir.appendLines('a.log', ['3'])
  await rig.poll()
  await rig.poll()
  assert.deepEqual(await rig.lines('t'), ['1', '2'])
  assert.deepEqual(await rig.lines('u'), ['3'])
  const headers = [...(await rig.kafka.records('t')), ...(await rig.kafka.records('u'))].map(({ headers }) =>
    JSON.parse(headers['source'] ?? ''),
  )
  assert.equal(new Set(headers.map(({ id }) => id)).size, 1)
  assert.deepEqual(
    headers.map(({ tags }) => tags),
    [undefined, ['new'], undefined],
  )
  await rig.bounce()
  await rig.poll()
  assert.deepEqual(await rig.lines('u'), ['3'])
  await rig.stop()
})

test('a file is handed over to another entry for the same topic, without reading it again', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', id: 'first' }] })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.apply([{ path: 'a.*', id: 'second' }])
  rig.dir.appendLines('a.log', ['2'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1', '2'])
  await rig.stop()
  await rig.restart([{ path: '*.log', id: 'third' }])
  rig.dir.appendLines('a.log', ['3'])
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1', '2', '3'])
  await rig.stop()
})

test('startAt end: what is there at the first scan is not read, what comes later is, from its beginning', async (t) => {
  const entries = [{ path: '*.log', startAt: 'end' as const }]
  const rig = await Rig.start(t, { entries })
  rig.dir.append('old.log', 'old\nunfinished')
  await rig.poll()
  rig.dir.append('old.log', ' now\nmore\n')
  rig.dir.appendLines('later.log', ['later'])
  await rig.poll()
  assert.deepEqual((await rig.lines()).toSorted(), ['later', 'more', 'unfinished now'])
  await rig.stop()
  rig.dir.appendLines('while-stopped.log', ['while stopped'])
  await rig.restart()
  await rig.poll()
  assert.deepEqual((await rig.lines()).toSorted(), ['later', 'more', 'unfinished now', 'while stopped'])
  await rig.stop()
})

test('startAt end does not skip anything when the registry was lost', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', startAt: 'end' }] })
  await rig.poll()
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.crash()
  rig.dir.appendLines('a.log', ['2'])
  rig.disk.breakDown(rig.clock.now())
  await rig.restart()
  await rig.poll()
  assert.deepEqual(
    (await rig.arrived()).map(({ text }) => text),
    ['1', '1', '2'],
  )
  await rig.stop()
})

test('an unfinished line is sent after its time, and what follows is a line of its own, also after a crash', async (t) => {
  const rig = await Rig.start(t, { limits: { flushPartialMs: 5_000 } })
  rig.dir.append('a.log', 'one\ntw')
  await rig.poll()
  await rig.pollAfter(4_000)
  assert.deepEqual(await rig.lines(), ['one'])
  await rig.pollAfter(2_000)
  assert.deepEqual(await rig.lines(), ['one', 'tw'])
  rig.crash()
  rig.dir.append('a.log', 'o and a half\nthree\n')
  rig.dir.append('b.log', 'whole')
  await rig.restart()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'tw', 'o and a half', 'three'])
  await rig.pollAfter(6_000)
  rig.dir.append('b.log', '\nnext\n')
  await rig.poll()
  assert.deepEqual((await rig.lines()).slice(4), ['whole', 'next'])
  await rig.pollAfter(2_000)
  await rig.stop()
  const ends = rig.disk.read().checkpoints.map(({ acked, reserved }) => `${acked} of ${reserved}`)
  assert.deepEqual(new Set(ends), new Set(['11 of 11', '25 of 25']))
})

test('round robin spreads the lines of a file, without a key', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', partition: 'roundrobin' }] })
  for (let i = 0; i < 6; i++) {
    rig.dir.appendLines('a.log', [`${i}`])
    await rig.poll()
  }
  const records = await rig.kafka.records('t')
  assert.deepEqual(new Set(records.map(({ partition }) => partition)), new Set([0, 1, 2]))
  assert.ok(records.every(({ key }) => key === null))
  await rig.stop()
})

test('an entry that is taken away and given back before all is acknowledged: the rest is read', async (t) => {
  const rig = await Rig.start(t, { limits: { maxInFlightBytes: 32_768 } })
  const lines = Array.from({ length: 3_000 }, (_, i) => `line ${i} ${'x'.repeat(80)}`)
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', lines)
  await rig.poll()
  rig.apply([])
  await rig.poll()
  rig.apply([{ path: '*.log' }])
  await rig.poll()
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.poll()
  await rig.pollAfter(10_000)
  assert.equal((await rig.lines()).length, lines.length)
})

test('an entry that is taken away and given back: the rest of a file that was renamed out of its globs is read', async (t) => {
  const rig = await Rig.start(t, { limits: { maxInFlightBytes: 32_768 } })
  const lines = Array.from({ length: 3_000 }, (_, i) => `line ${i} ${'x'.repeat(80)}`)
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', lines)
  await rig.poll()
  rig.dir.rename('a.log', 'a.old')
  await rig.poll()
  rig.apply([])
  await rig.poll()
  rig.apply([{ path: '*.log' }])
  await rig.poll()
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.poll()
  await rig.pollAfter(10_000)
  await rig.pollAfter(10_000)
  assert.equal((await rig.lines()).length, lines.length)
})

test('two entries over one file whose topics become the same: lines arrive once from then on', async (t) => {
  const rig = await Rig.start(t, {
    entries: [
      { path: '*.log', id: 'x', topic: 't' },
      { path: '*.log', id: 'y', topic: 'u' },
    ],
  })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.apply([
    { path: '*.log', id: 'x', topic: 'u' },
    { path: '*.log', id: 'y', topic: 'u' },
  ])
  await rig.poll()
  rig.dir.appendLines('a.log', ['2'])
  await rig.pollAfter(1000)
  rig.dir.appendLines('a.log', ['3'])
  await rig.pollAfter(1000)
  await rig.pollAfter(1000)
  assert.deepEqual(await rig.lines('u'), ['1', '2', '3'])
})

for (const what of ['runs', 'was killed'] as const) {
  test(`an entry that gets another id goes on with files that have left its path (the agent ${what})`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: '*.log', id: 'x' }] })
    rig.dir.appendLines('renamed.log', ['1'])
    rig.dir.appendLines('removed.log', ['2'])
    await rig.poll()
    rig.kafka.faults.set('t', new LogpipeError('kafka_unavailable', 'Kafka is away.', { retriable: true }))
    rig.dir.appendLines('renamed.log', ['3'])
    rig.dir.appendLines('removed.log', ['4'])
    await rig.poll()
    rig.dir.rename('renamed.log', 'renamed.1')
    await rig.pollAfter(1_000)
    if (what === 'was killed') {
      rig.crash()
      await rig.restart([{ path: '*.log', id: 'y' }])
    } else {
      rig.dir.remove('removed.log')
      rig.apply([{ path: '*.log', id: 'y' }])
    }
    await rig.pollAfter(1_000)
    rig.kafka.faults.clear()
    await rig.pollAfter(1_000)
    await rig.settle()
    // Who was refused has tried again: now it can be read.
    await rig.poll()
    assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', '3', '4'])
    assert.equal(rig.state('renamed.1')?.entry, 'y')
    assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 2)
  })
}

for (const encoding of ['utf-8', 'gbk'] as const) {
  test(`an unfinished line is not cut in the middle of a character (${encoding}), but where the file is gone`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: '*.log', encoding }], limits: { flushPartialMs: 1_000 } })
    const character = encoding === 'utf-8' ? Buffer.from('é') : Buffer.from([0xd6, 0xd0])
    const text = encoding === 'utf-8' ? 'é' : '中'
    rig.dir.append('a.log', Buffer.concat([Buffer.from('ab'), character.subarray(0, 1)]))
    for (let i = 0; i < 3; i++) await rig.pollAfter(1_000)
    assert.deepEqual(await rig.lines(), ['ab'])
    rig.dir.append('a.log', Buffer.concat([character.subarray(1), Buffer.from('c\n'), character.subarray(0, 1)]))
    for (let i = 0; i < 3; i++) await rig.pollAfter(1_000)
    assert.deepEqual(await rig.lines(), ['ab', `${text}c`])
    rig.dir.remove('a.log')
    for (let i = 0; i < 12; i++) await rig.pollAfter(1_000)
    assert.deepEqual((await rig.lines()).length, 3)
    assert.equal(rig.state('a.log'), undefined)
    await rig.stop()
  })
}
