import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foreignDocumentId } from '@logpipe/config'
import { closeAfter, testServers } from '@logpipe/testkit'
import { ownLine, TestLetters } from '../../test-letters.ts'
import { startLogctl } from '../../test-output.ts'

const timestampMs = 1_600_000_000_000

test('a replayed record is the one it was: bytes, key, headers, time and partition; the letter is done', async (t) => {
  const letters = await TestLetters.create(t)
  const line = ownLine('one', 7, timestampMs)
  const headers = [...(line.headers ?? []), { key: 'none', value: null }, { key: 'empty', value: Buffer.alloc(0) }]
  const address = await letters.put({ ...line, headers }, 5, {}, 2)
  const replayed = await letters.logctl(['replay', '--topic', letters.topic])
  assert.deepEqual(replayed, { code: 0, stdout: `Replayed: 1 into ${letters.topic}.\n`, stderr: '' })
  const [record, ...others] = await letters.records()
  assert.deepEqual(others, [])
  assert.ok((record?.timestampMs ?? 0) > Date.now() - 60_000, "Kafka's time is now: retention begins anew")
  assert.deepEqual(record, {
    topic: letters.topic,
    partition: 2,
    offset: 0,
    timestampMs: record?.timestampMs,
    key: line.key,
    value: line.value,
    headers: [
      ...headers,
      { key: 'resent', value: Buffer.from('1') },
      { key: 'dlq.timestamp', value: Buffer.from(String(timestampMs)) },
    ],
  })
  assert.deepEqual(await letters.list(), [])
  const [row] = await letters.list('--state', 'replayed')
  assert.equal(row?.letter, address)
  assert.match(JSON.stringify(row?.done), /"by":".*@/)
  // By its name it goes again: its id does not change, so that does no harm.
  assert.equal(
    (await letters.logctl(['replay', '--all', '--topic', letters.topic])).stdout,
    'No letter was replayed.\n',
  )
  assert.equal((await letters.logctl(['replay', address, '--json'])).stdout, '{"replayed":1,"failed":0}\n')
  assert.equal((await letters.records()).length, 2)
})

test('a foreign record takes the id along that it had at first, however often it dies', async (t) => {
  const letters = await TestLetters.create(t)
  const record = { value: Buffer.from('from others'), timestampMs }
  await letters.put(record, 9, {}, 1)
  await letters.logctl(['replay', '--all', '--topic', letters.topic])
  const id = foreignDocumentId(letters.topic, 1, 9, timestampMs)
  const [first] = await letters.records()
  const idOf = (found: typeof first): string => String(found?.headers.find(({ key }) => key === 'dlq.id')?.value)
  assert.equal(idOf(first), id)
  // It is refused again, under the offset that it has now.
  await letters.put({ ...record, headers: first?.headers ?? [] }, first?.offset ?? -1, {}, 1)
  await letters.logctl(['replay', '--all', '--topic', letters.topic])
  const again = (await letters.records()).at(-1)
  assert.equal(idOf(again), id)
  assert.deepEqual(
    again?.headers.map(({ key }) => key),
    ['resent', 'dlq.id', 'dlq.timestamp'],
  )
})

test('what an agent put away goes back in its pieces', async (t) => {
  const letters = await TestLetters.create(t)
  await letters.putByAgent(ownLine('first piece', 0), 1)
  await letters.putByAgent(ownLine('second piece', 11), 1)
  assert.equal((await letters.logctl(['replay', '--stage', 'agent', '--topic', letters.topic])).code, 0)
  const records = await letters.records()
  assert.deepEqual(
    records.map(({ value, partition }) => [String(value), partition]),
    [
      ['first piece', 1],
      ['second piece', 1],
    ],
  )
})

test('a value that was not kept is fetched from its topic; where that has it no more, that is said, and the code is 1', async (t) => {
  const letters = await TestLetters.create(t)
  const offset = await letters.send(letters.topic, 0, [ownLine('the whole line', 1, timestampMs)])
  const truncated = { 'dlq.truncated': '14' }
  await letters.put({ ...ownLine('', 1, timestampMs) }, offset, truncated)
  const gone = await letters.put({ ...ownLine('', 2, timestampMs) }, offset + 50, truncated)
  // Of a topic that was deleted and made again: at that offset stands another record.
  const other = await letters.put({ ...ownLine('', 3, timestampMs - 1) }, offset, truncated)
  const { code, stdout, stderr } = await letters.logctl(['replay', '--all', '--topic', letters.topic])
  assert.equal(code, 1)
  assert.equal(stdout, `Replayed: 1 into ${letters.topic}.\n`)
  for (const address of [gone, other]) {
    assert.match(
      stderr,
      new RegExp(`${address} cannot be replayed. Its value was too large .*does not have it any more`),
    )
  }
  assert.equal(String((await letters.records()).at(-1)?.value), 'the whole line')
  assert.deepEqual(new Set((await letters.list()).map(({ letter }) => letter)), new Set([gone, other]))
})

test('a topic that is gone is said, and its letters stay open', async (t) => {
  const letters = await TestLetters.create(t)
  await letters.put(ownLine('x', 1), 1)
  await letters.cluster.deleteTopic(letters.topic, t.signal)
  const { code, stderr } = await letters.logctl(['replay', '--all', '--topic', letters.topic])
  assert.equal(code, 1)
  assert.match(stderr, /is not there any more: make it again, or drop the letter/)
  assert.equal((await letters.list()).length, 1)
})

test('an end between sending and marking leaves letters open: replayed again, they are the same records', async (t) => {
  const letters = await TestLetters.create(t)
  await letters.put(ownLine('one', 1, timestampMs), 1)
  // A topic that takes no mark stands for a crash: the records are in, the marks are not.
  const configs = { 'max.message.bytes': '1' }
  const full = `${letters.marksTopic}-full`
  await letters.cluster.ensureTopic(full, { partitions: 1, replication: 'auto', configs }, t.signal)
  closeAfter(t, () => letters.cluster.deleteTopic(full, AbortSignal.timeout(10_000)))
  const broken = await letters.logctl(['replay', '--all', '--topic', letters.topic, '--marks', full])
  assert.equal(broken.code, 1, broken.stdout)
  assert.equal((await letters.list()).length, 1)
  assert.equal((await letters.logctl(['replay', '--all', '--topic', letters.topic])).code, 0)
  const [first, second] = await letters.records()
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual({ ...second, offset: first.offset, timestampMs: first.timestampMs }, first)
  assert.deepEqual(await letters.list(), [])
})

test('many and large letters go in order; --limit and --dry-run hold', async (t) => {
  const letters = await TestLetters.create(t, 1)
  const noise = Buffer.alloc(300_000, 'x')
  for (let i = 0; i < 30; i++) {
    await letters.put({ ...ownLine('', i), value: Buffer.concat([Buffer.from(`${i} `), noise]) }, i)
  }
  const dry = await letters.logctl(['replay', '--topic', letters.topic, '--limit', '3', '--dry-run'])
  assert.equal(dry.stdout.split('\n').length, 5)
  assert.deepEqual(await letters.records(), [])
  await letters.logctl(['replay', '--topic', letters.topic, '--limit', '29'])
  const numbers = (await letters.records()).map(({ value }) => parseInt(String(value), 10))
  assert.deepEqual(
    numbers,
    Array.from({ length: 29 }, (_, i) => i),
  )
  assert.equal((await letters.list()).length, 1)
})

test('a replay that is stopped has failed', async (t) => {
  const letters = await TestLetters.create(t)
  await letters.put(ownLine('one', 1), 1)
  const kafka = testServers().kafkaBrokers.join(',')
  const started = startLogctl(t, [
    '--kafka',
    kafka,
    'dlq',
    '--marks',
    letters.marksTopic,
    'replay',
    '--topic',
    letters.topic,
  ])
  const { code, stderr } = await started.stop()
  assert.equal(code, 1)
  assert.equal(stderr, 'logctl: Stopped in the middle. What is not done is open still: run it again.\n')
  assert.equal((await letters.list()).length, 1)
})
