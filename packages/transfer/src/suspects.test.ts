import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlainRecord } from '@logpipe/kafka'
import { LogpipeError } from '@logpipe/runtime'
import { MemorySource } from './consume/memory.ts'
import { MemorySink } from './sink/memory.ts'
import { committed, committedUpTo, lines, messages, messagesOf, TestTransfer, waitUntil } from './test-transfer.ts'

const stream = 'logs-web-default'

/** As an agent sends them after a crash. */
function resent(records: readonly PlainRecord[]): PlainRecord[] {
  return records.map((record) => ({
    ...record,
    headers: [...(record.headers ?? []), { key: 'resent', value: Buffer.from('1') }],
  }))
}

test('a crash and a rollover again and again: every record stands once over all backing indices', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 500; from += 20) await partition.append(lines(from, 20))
  const sink = new MemorySink()
  const away = new LogpipeError('elasticsearch_unavailable', 'Away.', { retriable: true })
  for (let life = 1; life <= 5; life++) {
    // Each life writes a little more and commits nothing of it.
    const isEnough = (): boolean => sink.documents.size >= life * 90
    const { length } = sink.requests
    sink.fail = () => (isEnough() ? away : null)
    partition.failCommit = () => (sink.requests.length > length ? away : null)
    const transfer = new TestTransfer(t, { source, sink, maxItems: 30, drainMs: 1 })
    await waitUntil(isEnough, 'some bulks')
    transfer.crash()
    source.lose(true)
    await transfer.stop()
    sink.rollover(stream)
  }
  sink.fail = () => null
  partition.failCommit = () => null
  const { metrics } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 500)
  assert.deepEqual(messages(sink), messagesOf(500))
  assert.match(await metrics.text(), /test_suspects_found_total [1-9]/)
})

test('after an orderly stop nothing is suspect', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  const first = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 10)
  await first.stop()
  assert.deepEqual(partition.committed, { offset: 10, metadata: 'reserved=10' })
  sink.rollover(stream)
  await partition.append(lines(10, 10))
  const { metrics } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 20)
  assert.match(await metrics.text(), /test_suspects_looked_up_total 0/)
})

test('offsets that an operator set back are read again and nothing is written twice', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 50))
  const sink = new MemorySink()
  const first = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 50)
  await first.stop()
  sink.rollover(stream)
  partition.committed = { offset: 0, metadata: '' }
  await partition.append(lines(50, 10))
  new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 60)
  assert.deepEqual(messages(sink), messagesOf(60))
})

test('lines that the agent sends again after a rollover are not written twice', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  const sink = new MemorySink()
  partition.committed = { offset: 0, metadata: 'reserved=0' }
  new TestTransfer(t, { source, sink })
  await partition.append(lines(0, 50))
  await committedUpTo(partition, 50)
  sink.rollover(stream)
  await partition.append(resent(lines(40, 20)))
  await committedUpTo(partition, 70)
  assert.deepEqual(messages(sink), messagesOf(60))
})

test('nothing is sent before Kafka has the reservation', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  let refused = 0
  partition.failCommit = () => {
    assert.equal(sink.requests.length, 0)
    return refused++ < 3 ? new LogpipeError('kafka_unavailable', 'Away.', { retriable: true }) : null
  }
  new TestTransfer(t, { source, sink })
  await waitUntil(() => sink.requests.length > 0, 'the bulk').finally(() => (partition.failCommit = () => null))
  assert.ok(refused > 3)
  await committedUpTo(partition, 10)
  assert.equal(committed(partition), 10)
})
