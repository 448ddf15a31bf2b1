import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectEntry } from '@logpipe/config'
import { silentLogger } from '@logpipe/runtime'
import { partitionOf } from './deliver/partition.ts'
import { Rig } from './testing/rig.ts'

const multiline = CollectEntry.parse({ path: '/a', topic: 't', multiline: { start: '^\\S', timeout: '5s' } }).multiline
if (multiline === undefined) throw new Error('The entry has lost its key.')

const texts = async (rig: Rig, topic = 't'): Promise<string[]> => (await rig.arrived(topic)).map(({ text }) => text)

test('an event goes when its file was quiet for its timeout; an unfinished line behind it waits on', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', multiline }] })
  rig.dir.append('a.log', 'one\n  more\ntwo\n  more\n  unfin')
  await rig.poll()
  await rig.settle()
  assert.deepEqual(await texts(rig), ['one\n  more'])
  await rig.pollAfter(4_000)
  assert.deepEqual(await texts(rig), ['one\n  more'])
  await rig.pollAfter(2_000)
  await rig.settle()
  assert.deepEqual(await texts(rig), ['one\n  more', 'two\n  more'])
  await rig.pollAfter(60_000)
  rig.dir.append('a.log', 'ished\nthree\n')
  await rig.poll()
  await rig.settle()
  assert.deepEqual(await texts(rig), ['one\n  more', 'two\n  more', '  unfinished'])
})

test('a cut is made when all that was read is acknowledged, and a crash around it doubles nothing', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', multiline }], limits: { flushPartialMs: 7_000 } })
  rig.dir.append('a.log', 'one\ntwo\n  part')
  rig.kafka.holding = true
  await rig.poll()
  await rig.pollAfter(20_000)
  await rig.pollAfter(20_000)
  rig.crash()
  rig.kafka.loseAnswers()
  rig.kafka.holding = false
  await rig.restart()
  await rig.poll()
  await rig.settle()
  await rig.pollAfter(20_000)
  await rig.settle()
  rig.dir.append('a.log', 'ial\nthree\n')
  await rig.pollAfter(1_000)
  await rig.pollAfter(20_000)
  await rig.settle()
  assert.deepEqual(await rig.lines(), ['one', 'two\n  part', 'ial', 'three'])
})

test('key and number choose the partition; a number that the topic has not is told, and waits', async (t) => {
  const rig = await Rig.start(t, {
    entries: [
      { path: 'k*.log', topic: 'k', partition: { key: 'all' } },
      { path: 'n*.log', topic: 'n', partition: { number: 2 } },
      { path: 'x*.log', topic: 'x', partition: { number: 3 } },
    ],
  })
  for (const name of ['k1', 'k2', 'n1', 'n2', 'x1']) rig.dir.appendLines(`${name}.log`, [name])
  await rig.poll()
  const where = async (topic: string): Promise<unknown[]> =>
    (await rig.kafka.records(topic)).map(({ partition, key, value }) => [partition, key, value.toString()])
  const chosen = partitionOf(Buffer.from('all'), 3)
  assert.deepEqual(await where('k'), [
    [chosen, 'all', 'k1'],
    [chosen, 'all', 'k2'],
  ])
  assert.deepEqual(await where('n'), [
    [2, null, 'n1'],
    [2, null, 'n2'],
  ])
  assert.deepEqual(await where('x'), [])
  assert.equal(rig.state('x1.log')?.state, 'blocked')
  assert.match(rig.state('x1.log')?.reason ?? '', /Topic x has 3 partitions, and the entry asks for number 3/)
})

test('/files says where characters could not be decoded', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', encoding: 'gbk' }] })
  rig.dir.append('a.log', Buffer.from([0x41, 0xff, 0x0a, 0xd6, 0xd0, 0x0a]))
  await rig.poll()
  assert.deepEqual(await texts(rig), ['A\ufffd', '中'])
  assert.match(rig.state('a.log')?.reason ?? '', /could not be decoded as gbk was replaced: 1 so far/)
})

test('dead letters wait for their topic, and their file with them; others go on', async (t) => {
  const rig = await Rig.start(t, {
    entries: [
      { path: 'a.log', maxLineBytes: 64, onLongLine: 'deadLetter' },
      { path: 'b.log', topic: 'b' },
    ],
  })
  rig.dir.appendLines('a.log', ['before', 'x'.repeat(100), 'after'])
  rig.dir.appendLines('b.log', ['b'])
  await rig.poll()
  await rig.settle()
  await rig.poll()
  assert.deepEqual(await texts(rig), ['before', 'after'])
  assert.deepEqual(await texts(rig, 't.dlq'), ['x'.repeat(64), 'x'.repeat(36)])
  assert.deepEqual(await texts(rig, 'b'), ['b'])
  assert.equal(rig.state('a.log')?.lagBytes, 0)
})

test('a line of 64 MB is cut short without being held, and the one behind it arrives', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', maxLineBytes: 64, onLongLine: 'truncate' }] })
  rig.dir.append('a.log', Buffer.concat([Buffer.alloc(64 * 1_048_576, 'x'), Buffer.from('\nlast\n')]))
  await rig.poll()
  await rig.settle()
  assert.deepEqual(
    (await rig.arrived()).map(({ offset, text }) => [offset, text]),
    [
      [0, 'x'.repeat(64)],
      [64 * 1_048_576 + 1, 'last'],
    ],
  )
})

test('startAt: end begins behind the last line end, in any encoding and with any delimiter', async (t) => {
  const rig = await Rig.start(t)
  const wide = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()])
  rig.dir.append('w.txt', wide(`${'x'.repeat(40_000)}\nold\nਊnew`))
  rig.dir.append('d.txt', 'old\n|old|new\n')
  await rig.restart([
    { path: 'w.txt', encoding: 'utf-16', startAt: 'end' },
    { path: 'd.txt', delimiter: '|', startAt: 'end' },
  ])
  await rig.poll()
  rig.dir.append('w.txt', Buffer.from('er\n', 'utf16le').swap16())
  rig.dir.append('d.txt', '|')
  await rig.pollAfter(1_000)
  await rig.settle()
  assert.deepEqual((await texts(rig)).sort(), ['new\n', 'ਊnewer'])
})

test('what cannot be decoded is replaced, told in the row, and said once a file', async (t) => {
  const said: string[] = []
  const log = { ...silentLogger, warn: (message: string) => void said.push(message) }
  const rig = await Rig.start(t, { entries: [{ path: '*.log', encoding: 'gbk' }], log })
  for (const name of ['a.log', 'b.log', 'a.log']) {
    rig.dir.append(name, Buffer.from([name.charCodeAt(0), 0xff, 10]))
    await rig.pollAfter(1_000)
  }
  assert.deepEqual(await rig.lines(), ['a\uFFFD', 'b\uFFFD', 'a\uFFFD'])
  assert.match(rig.state('a.log')?.reason ?? '', /could not be decoded as gbk was replaced: 2 so far/)
  assert.deepEqual(
    said.map((message) => message.replace(/^.*\//, '').slice(0, 42)),
    ['a.log holds what cannot be decoded as gbk;', 'b.log holds what cannot be decoded as gbk;'],
  )
  await rig.stop()
})

test('an idle file of which something is left says why', async (t) => {
  const rig = await Rig.start(t)
  rig.dir.append('a.log', 'one\ntw')
  await rig.poll()
  assert.equal(rig.state('a.log')?.state, 'idle')
  assert.match(rig.state('a.log')?.reason ?? '', /not finished; it waits for the rest/)
  rig.dir.append('a.log', 'o\n')
  await rig.poll()
  assert.equal(rig.state('a.log')?.reason, null)
  await rig.stop()
})
