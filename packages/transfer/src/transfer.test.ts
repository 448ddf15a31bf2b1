import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlainRecord } from '@logpipe/kafka'
import { Pipeline } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { MemorySource } from './consume/memory.ts'
import { MemoryDeadLetters } from './sink/dead-letter-memory.ts'
import { MemorySink } from './sink/memory.ts'
import { committed, committedUpTo, lines, messages, messagesOf, TestTransfer, waitUntil } from './test-transfer.ts'

test('every record becomes one document, and the offset behind the last one is committed', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 1_000; from += 50) await partition.append(lines(from, 50))
  const { sink } = new TestTransfer(t, { source })
  await committedUpTo(partition, 1_000)
  assert.deepEqual(messages(sink), messagesOf(1_000))
  assert.ok(sink.requests.length >= 10)
})

test('partitions fill bulks together', async (t) => {
  const source = new MemorySource()
  const partitions = Array.from({ length: 10 }, (_, index) => source.add('web', index))
  for (const [index, partition] of partitions.entries()) await partition.append(lines(index, 1))
  const { sink } = new TestTransfer(t, { source })
  for (const partition of partitions) await committedUpTo(partition, 1)
  assert.equal(sink.requests.length, 1)
})

test('the lag goes on growing while the sink takes nothing and nothing more is fetched', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 200; from += 50) await partition.append(lines(from, 50))
  const sink = new MemorySink()
  sink.fail = () => new LogpipeError('elasticsearch_unavailable', 'Away.', { retriable: true })
  const { metrics, budgets } = new TestTransfer(t, { source, sink, maxInFlightBytes: 8_192, drainMs: 1 })
  const isLag = async (records: number): Promise<boolean> =>
    (await metrics.text()).includes(`test_lag_records{topic="web",partition="0"} ${records}\n`)
  await waitUntil(() => isLag(200), 'the lag of what was there')
  const held = budgets.fetched.usedBytes
  for (let from = 200; from < 1_000; from += 50) await partition.append(lines(from, 50))
  await waitUntil(() => isLag(1_000), 'the lag of what has come since')
  assert.equal(budgets.fetched.usedBytes, held, 'nothing more was fetched')
  sink.fail = () => null
  await waitUntil(() => isLag(0), 'no lag')
})

test('tombstones and gaps in the offsets are passed over by the commit', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append([{ value: null, key: Buffer.from('k') }])
  await partition.append([...lines(0, 2), { value: null }], 7)
  const { sink, metrics } = new TestTransfer(t, { source })
  await committedUpTo(partition, 11)
  assert.deepEqual(messages(sink), messagesOf(2))
  assert.match(await metrics.text(), /test_tombstones_total\{topic="web"\} 2/)
})

test('lines that a pipeline drops are passed over by the commit and counted; the others are parsed', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  await partition.append(lines(10, 2))
  const pipeline = Pipeline.parse({
    processors: [
      { drop: { if: { field: 'message', matches: '[02468]$|1.$' } } },
      { add: { fields: { x: '{message}' } } },
    ],
  })
  const { sink, metrics } = new TestTransfer(t, { source, pipeline })
  await committedUpTo(partition, 12)
  const odd = ['line 1', 'line 3', 'line 5', 'line 7', 'line 9']
  assert.deepEqual(messages(sink), odd)
  assert.deepEqual([...sink.documents.values()].map((document) => String(document.source['x'])).sort(), odd)
  assert.match(await metrics.text(), /test_dropped_events_total\{topic="web"\} 7/)
})

test('binary records of other producers rest in the dead letters, unsent', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  const binary = { value: Buffer.from([0, 1, 2, 255]) }
  await partition.append([...lines(0, 1), binary, ...lines(1, 1)])
  const { sink, letters } = new TestTransfer(t, { source })
  await committedUpTo(partition, 3)
  assert.deepEqual(messages(sink), messagesOf(2))
  assert.deepEqual(
    letters.letters.map(({ offset, type, stage, value }) => [offset, type, stage, value]),
    [[1, 'binary', 'pipeline', binary.value]],
  )
})

test('a batch that begins before the committed offset is entered in its middle', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  partition.committed = { offset: 7, metadata: '' }
  const { sink } = new TestTransfer(t, { source })
  await committedUpTo(partition, 10)
  assert.deepEqual(messages(sink), ['line 7', 'line 8', 'line 9'])
})

test('a failed request is sent again whole until it is answered; nothing is committed before', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  let failures = 0
  sink.fail = () => {
    assert.equal(committed(partition), 0)
    return failures++ < 5 ? new LogpipeError('elasticsearch_unavailable', 'Away.', { retriable: true }) : null
  }
  const { letters } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 10)
  assert.deepEqual(sink.requests, [10, 10, 10, 10, 10, 10])
  assert.deepEqual(letters.letters, [])
})

test('only the items that were turned away are sent again; the commit waits for them', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  let refusals = 0
  sink.answer = ({ source: { message } }) =>
    (message === 'line 3' || message === 'line 4') && refusals++ < 6
      ? { status: 429, type: 'es_rejected_execution_exception' }
      : { status: 201 }
  new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 10)
  assert.deepEqual(sink.requests, [10, 2, 2, 2])
  assert.deepEqual(messages(sink), messagesOf(10))
})

test('a blocked index does not hold up the partitions of others', async (t) => {
  const source = new MemorySource()
  const blocked = source.add('blocked', 0)
  const free = source.add('free', 0)
  for (let from = 0; from < 2_000; from += 100) {
    await blocked.append(lines(from, 100, 'BBBBBBBBBBBBBBBB'))
    await free.append(lines(from, 100))
  }
  const sink = new MemorySink()
  let isBlocked = true
  sink.answer = ({ index }) =>
    isBlocked && index === 'logs-blocked-default' ? { status: 403, type: 'cluster_block_exception' } : { status: 201 }
  const { budgets } = new TestTransfer(t, { source, sink, maxInFlightBytes: 200_000 })
  await committedUpTo(free, 2_000)
  assert.equal(committed(blocked), 0)
  assert.ok(budgets.documents.usedBytes <= 100_000 + 65_536, 'the blocked partition stays within its share')
  isBlocked = false
  await committedUpTo(blocked, 2_000)
  assert.equal(sink.documents.size, 4_000)
})

test('rejected documents go to the dead letters whole, with the reason, and count as done', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  const records = lines(0, 10)
  await partition.append(records.map((record) => ({ ...record, key: Buffer.from('key') })))
  const sink = new MemorySink()
  sink.answer = ({ source: { message } }) =>
    message === 'line 2' || message === 'line 9' ? { status: 400, type: 'document_parsing_exception' } : { status: 201 }
  const { letters, metrics } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 10)
  assert.equal(sink.documents.size, 8)
  const counted = /^test_dead_letters_total\{topic="web",stage="sink",type="document_parsing_exception"\} 2$/m
  assert.match(await metrics.text(), counted)
  assert.deepEqual(
    letters.letters.map(({ offset }) => offset),
    [2, 9],
  )
  const [letter] = letters.letters
  assert.equal(letter?.topic, 'web')
  assert.equal(letter?.type, 'document_parsing_exception')
  assert.equal(letter?.attempts, 1)
  assert.deepEqual(letter?.value, Buffer.from('line 2'))
  assert.deepEqual(letter?.key, Buffer.from('key'))
  assert.deepEqual(letter?.headers, records[2]?.headers)
  assert.equal(letter?.timestampMs, 1_700_000_000_000)
})

test('nothing is committed over a dead letter that is not stored', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 5))
  await partition.append(lines(5, 5))
  const sink = new MemorySink()
  sink.answer = ({ source: { message } }) => ({ status: message === 'line 7' ? 400 : 201, type: 'x' })
  const letters = new MemoryDeadLetters()
  let tries = 0
  letters.fail = () => {
    assert.ok((committed(partition) ?? 0) <= 5)
    return tries++ < 5 ? new LogpipeError('kafka_unavailable', 'Away.', { retriable: true }) : null
  }
  new TestTransfer(t, { source, sink, letters })
  await committedUpTo(partition, 10)
  assert.deepEqual(
    letters.letters.map(({ offset }) => offset),
    [7],
  )
})

test('a request that is too large is halved until the one document that is too large stands alone', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append([...lines(0, 4), { ...lines(4, 1)[0], value: Buffer.alloc(5_000, 'x') }, ...lines(5, 4)])
  const sink = new MemorySink()
  sink.fail = (bulk) => (bulk.byteLength > 3_000 ? new LogpipeError('elasticsearch_too_large', 'Too large.') : null)
  const { letters } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 9)
  assert.equal(sink.documents.size, 8)
  assert.deepEqual(
    letters.letters.map(({ offset, type }) => [offset, type]),
    [[4, 'request_too_large']],
  )
})

test('a sink that is away holds up its own topics only', async (t) => {
  const source = new MemorySource()
  // More partitions than record batches are unpacked at once, each with more than all bulks of a lane hold.
  const away = Array.from({ length: 4 }, (_, index) => source.add('other', index))
  const free = source.add('web', 0)
  for (let from = 0; from < 2_000; from += 100) {
    for (const partition of away) await partition.append(lines(from, 100, 'BBBBBBBBBBBBBBBB'))
    await free.append(lines(from, 100))
  }
  const otherSink = new MemorySink()
  let isAway = true
  otherSink.fail = () => (isAway ? new LogpipeError('elasticsearch_unavailable', 'Away.', { retriable: true }) : null)
  // The budget admits more than the lane has slots for, so that its partitions wait for a slot.
  const { sink } = new TestTransfer(t, { source, otherSink })
  await committedUpTo(free, 2_000)
  assert.deepEqual(messages(sink), messagesOf(2_000))
  assert.deepEqual(away.map(committed), [0, 0, 0, 0])
  isAway = false
  for (const partition of away) await committedUpTo(partition, 2_000)
  assert.equal(otherSink.documents.size, 2_000)
})

test('a replayed record has the time that it had at first; one that is made up is not believed', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  const mark = (time: string): PlainRecord['headers'] & object => [
    { key: 'resent', value: Buffer.from('1') },
    { key: 'dlq.timestamp', value: Buffer.from(time) },
  ]
  const times = ['1600000000000', 'yesterday', '1e12', '']
  await partition.append(
    lines(0, 4).map((record, index) => ({
      ...record,
      headers: [...(record.headers ?? []), ...mark(times[index] ?? '')],
    })),
  )
  const { sink } = new TestTransfer(t, { source })
  await committedUpTo(partition, 4)
  const found = [...sink.documents.values()].map(({ source: { '@timestamp': at, event } }) => [
    at,
    (event as { created: string }).created,
  ])
  const [replayed, inKafka] = ['2020-09-13T12:26:40.000Z', '2023-11-14T22:13:20.000Z']
  assert.deepEqual(found, [[replayed, replayed], ...Array<string[]>(3).fill([inKafka, inKafka])])
})

test('a letter tells how often its record was sent, also where it was turned away before it was refused', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  let tries = 0
  sink.answer = ({ source: { message } }) => {
    if (message !== 'line 3') return { status: 201 }
    return ++tries < 3
      ? { status: 429, type: 'es_rejected_execution_exception' }
      : { status: 400, type: 'document_parsing_exception' }
  }
  const { letters } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 10)
  assert.deepEqual(
    letters.letters.map(({ offset, attempts }) => [offset, attempts]),
    [[3, 3]],
  )
})
