import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchedBatch, type RecordCursor } from '@logpipe/kafka'
import { LogpipeError } from '@logpipe/runtime'
import { MemorySource } from './consume/memory.ts'
import { MemoryDeadLetters } from './sink/dead-letter-memory.ts'
import { MemorySink } from './sink/memory.ts'
import { committed, committedUpTo, lines, messages, messagesOf, TestTransfer, waitUntil } from './test-transfer.ts'

test('a revoke while a bulk is under way waits for it, commits what it brought, and then commits nothing more', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  sink.hold()
  new TestTransfer(t, { source, sink })
  await waitUntil(() => sink.requests.length === 1, 'the bulk')
  let isRevoked = false
  const revoking = source.revoke().then(() => (isRevoked = true))
  await partition.append(lines(10, 10))
  assert.equal(isRevoked, false)
  assert.equal(committed(partition), 0)
  sink.release()
  await revoking
  assert.equal(committed(partition), 10)
  source.assign()
  await committedUpTo(partition, 20)
  assert.deepEqual(messages(sink), messagesOf(20))
})

test('a revoke does not wait longer than the drain time; the next owner sends the rest again, once', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  sink.hold()
  const { budgets } = new TestTransfer(t, { source, sink, drainMs: 20 })
  await waitUntil(() => sink.requests.length === 1, 'the bulk')
  await source.revoke()
  assert.equal(committed(partition), 0)
  assert.equal(budgets.documents.usedBytes + budgets.fetched.usedBytes, 0)
  source.assign()
  sink.release()
  await committedUpTo(partition, 10)
  assert.deepEqual(messages(sink), messagesOf(10))
})

for (const isNoticed of [true, false]) {
  test(`after the partition was lost (${isNoticed ? 'as the group says' : 'as a refused commit tells'}) nothing is committed`, async (t) => {
    const source = new MemorySource()
    const partition = source.add('web', 0)
    await partition.append(lines(0, 10))
    const sink = new MemorySink()
    sink.hold()
    const { metrics } = new TestTransfer(t, { source, sink })
    await waitUntil(() => sink.requests.length === 1, 'the bulk')
    source.lose(isNoticed)
    sink.release()
    await waitUntil(() => sink.documents.size === 10, 'the documents')
    await partition.append(lines(10, 1))
    if (!isNoticed) source.lose(true)
    assert.equal(committed(partition), 0)
    // The one is the reservation, made before anything was sent.
    assert.match(await metrics.text(), /test_commits_total\{result="stored"\} 1\n/)
  })
}

test('items that wait for another try are forgotten with their partition', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 2))
  const sink = new MemorySink()
  sink.answer = () => ({ status: 429 })
  new TestTransfer(t, { source, sink, drainMs: 5 })
  await waitUntil(() => sink.requests.length > 3, 'some tries')
  await source.revoke()
  await waitUntil(async () => {
    const { length } = sink.requests
    await new Promise((resolve) => setTimeout(resolve, 30))
    return sink.requests.length === length
  }, 'the end of all tries')
  assert.equal(committed(partition), 0)
})

test('a restart after a crash sends again from the last commit; no document is there twice or missing', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 500; from += 20) await partition.append(lines(from, 20))
  const sink = new MemorySink()
  for (let life = 0; life < 5; life++) {
    const before = committed(partition) ?? 0
    const first = new TestTransfer(t, { source, sink, maxItems: 30, drainMs: 1 })
    await waitUntil(() => (committed(partition) ?? 0) > before || committed(partition) === 500, 'a commit')
    first.crash()
    source.lose(true)
    await first.stop()
  }
  new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 500)
  assert.deepEqual(messages(sink), messagesOf(500))
})

test('an orderly stop drains and commits', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const sink = new MemorySink()
  sink.hold()
  const transfer = new TestTransfer(t, { source, sink })
  await waitUntil(() => sink.requests.length === 1, 'the bulk')
  const stopping = transfer.stop()
  sink.release()
  await stopping
  assert.equal(committed(partition), 10)
})

test('what is fetched and not accepted stays within the budget while the sink is away', async (t) => {
  const source = new MemorySource()
  const partitions = Array.from({ length: 8 }, (_, index) => source.add('web', index))
  for (const [index, partition] of partitions.entries()) {
    const id = String(index).repeat(16)
    for (let from = 0; from < 3_000; from += 100) await partition.append(lines(from, 100, id))
  }
  const sink = new MemorySink()
  sink.hold()
  const { budgets } = new TestTransfer(t, { source, sink, maxInFlightBytes: 400_000, maxBytes: 16_384 })
  await waitUntil(() => sink.requests.length === 2, 'both requests')
  // It has come to a stand: nothing has moved between two looks, and the budget is used.
  let before = -1
  await waitUntil(() => {
    const now = budgets.fetched.usedBytes
    const stands = now === before && now >= 100_000
    before = now
    return stands
  }, 'reading to stand still')
  // One fetch of two batches a partition may come on top, as the design note says.
  assert.ok(budgets.fetched.usedBytes <= 200_000 + 8 * 2 * 20_000, `fetched ${budgets.fetched.usedBytes}`)
  assert.ok(budgets.documents.usedBytes <= 3 * (16_384 + 1_024), `documents ${budgets.documents.usedBytes}`)
  sink.release()
  for (const partition of partitions) await committedUpTo(partition, 3_000)
  assert.equal(sink.documents.size, 24_000)
  assert.equal(budgets.documents.usedBytes, 0)
})

test('records that are refused unsent stay within the budget while the dead letters are not stored', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  const binary = Array.from({ length: 100 }, () => ({ value: Buffer.from([0]) }))
  for (let batch = 0; batch < 60; batch++) await partition.append(binary)
  const letters = new MemoryDeadLetters()
  let isAway = true
  letters.fail = () => (isAway ? new LogpipeError('kafka_unavailable', 'Away.', { retriable: true }) : null)
  const { budgets, metrics } = new TestTransfer(t, { source, letters, maxInFlightBytes: 1 << 20 })
  let before = -1
  const read = async (): Promise<number> =>
    Number(/foreign_records_total\{topic="web"\} (\d+)/.exec(await metrics.text())?.[1] ?? -1)
  await waitUntil(async () => {
    const now = await read()
    const stands = now === before && now > 0
    before = now
    return stands
  }, 'reading to stand still')
  assert.ok(before < 2_000, `${before} refused records are kept`)
  isAway = false
  await committedUpTo(partition, 6_000)
  assert.equal(letters.letters.length, 6_000)
  assert.equal(budgets.documents.usedBytes, 0)
})

test('a topic that was deleted and made again is read from its beginning', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  partition.committed = { offset: 1_000, metadata: '' }
  await partition.append(lines(0, 10))
  await partition.append(lines(10, 10))
  const { sink } = new TestTransfer(t, { source })
  await committedUpTo(partition, 20)
  assert.deepEqual(messages(sink), messagesOf(20))
})

test('what an aborted transaction leaves at the end of the log is committed as well, and is no lag', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  await partition.append(lines(10, 10))
  partition.batches[1] = (partition.batches[1] as FetchedBatch).voided()
  const { sink, metrics, budgets } = new TestTransfer(t, { source })
  await committedUpTo(partition, 20)
  assert.deepEqual(messages(sink), messagesOf(10))
  await waitUntil(async () => /test_lag_records\{[^}]*\} 0\n/.test(await metrics.text()), 'no lag')
  // What is set aside for the next fetch.
  assert.equal(budgets.fetched.usedBytes, 16_384)
})

test('a record batch that cannot be read stops its own partition, nothing else', async (t) => {
  class BrokenBatch extends FetchedBatch {
    override open(): Promise<never> {
      return Promise.reject(new LogpipeError('kafka_corrupt', 'The checksum is wrong.'))
    }
  }
  const source = new MemorySource()
  const broken = [source.add('bad', 0), source.add('bad', 1), source.add('bad', 2)]
  const whole = source.add('good', 0)
  for (const partition of broken) {
    await partition.append(lines(0, 5))
    partition.batches.push(new BrokenBatch(batchAt(5)))
    partition.nextOffset = 6
  }
  for (let from = 0; from < 500; from += 10) await whole.append(lines(from, 10))
  new TestTransfer(t, { source })
  await committedUpTo(whole, 500)
  for (const partition of broken) await committedUpTo(partition, 5)
})

test('a record batch that is sound when it is fetched again is read to its end, once', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 60; from += 20) await partition.append(lines(from, 20))
  // What is told of a batch before it is opened stands in its head.
  const head = batchAt(20)
  head.writeInt32BE(19, 23)
  const sound = partition.batches[1] as FetchedBatch
  let opened = 0
  // The checksum is wrong twice, then the end of it is.
  class DamagedBatch extends FetchedBatch {
    override async open(): Promise<RecordCursor> {
      const cursor = await sound.open()
      const broken = new LogpipeError('kafka_corrupt', 'Broken.')
      if (++opened <= 2) throw broken
      if (opened > 3) return cursor
      const next = cursor.next.bind(cursor)
      let records = 0
      cursor.next = () => {
        if (++records > 10) throw broken
        return next()
      }
      return cursor
    }
  }
  partition.batches[1] = new DamagedBatch(head)
  const sink = new MemorySink()
  const { budgets, metrics } = new TestTransfer(t, { source, sink })
  await committedUpTo(partition, 60)
  assert.equal(opened, 4)
  assert.equal(
    sink.requests.reduce((sum, items) => sum + items, 0),
    60,
    'nothing is sent twice',
  )
  assert.deepEqual(messages(sink), messagesOf(60))
  assert.match(await metrics.text(), /test_broken_batches_total\{topic="web"\} 3/)
  // What is set aside for the next fetch.
  assert.equal(budgets.fetched.usedBytes, 16_384)
})

/** The bytes of an empty record batch at this offset. */
function batchAt(offset: number): Buffer {
  const bytes = Buffer.alloc(61)
  bytes.writeBigInt64BE(BigInt(offset), 0)
  return bytes
}
