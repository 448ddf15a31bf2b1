import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { LogpipeError } from '@logpipe/runtime'
import { MemorySource } from './consume/memory.ts'
import { MemorySink } from './sink/memory.ts'
import { committed, committedUpTo, lines, messages, messagesOf, TestTransfer, waitUntil } from './test-transfer.ts'

const formerId = 'OOOOOOOOOOOOOOOO'

test('in a topic that was made again nothing is committed that its own records have not reached', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 100; from += 10) await partition.append(lines(from, 10, formerId))
  const sink = new MemorySink()
  const first = new TestTransfer(t, { source, sink, drainMs: 50 })
  await committedUpTo(partition, 100)

  // Elasticsearch takes nothing while the new log begins.
  sink.hold()
  const sent = sink.requests.length
  partition.makeAgain()
  await partition.append(lines(0, 10))
  await waitUntil(() => sink.requests.length > sent, 'its first records to be sent')
  first.crash()
  source.lose(true)
  assert.equal(committed(partition), 0)

  for (let from = 10; from < 200; from += 10) await partition.append(lines(from, 10))
  sink.release()
  const next = new MemorySource()
  next.partitions.push(partition)
  new TestTransfer(t, { source: next, sink })
  await committedUpTo(partition, 200)
  assert.deepEqual(messages(sink), [...messagesOf(100), ...messagesOf(200)].sort())
})

test('what is still open of the topic before it was made again moves nothing', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 100; from += 10) await partition.append(lines(from, 10, formerId))
  const sink = new MemorySink()
  sink.answer = ({ source: { message } }) => ({ status: message === 'line 50' ? 429 : 201 })
  new TestTransfer(t, { source, sink, drainMs: 50 })
  await waitUntil(() => sink.documents.size === 99, 'all others to be there')

  partition.makeAgain()
  sink.answer = ({ id }) => ({ status: id.startsWith(formerId) ? 201 : 429 })
  await partition.append(lines(0, 10))
  await waitUntil(() => sink.documents.size === 100, 'the last of the former ones to be there')
  await wait(20)
  assert.equal(committed(partition), 0)
  sink.answer = () => ({ status: 201 })
  await committedUpTo(partition, 10)
})

test('in a topic that was made again and holds nothing yet a stop commits nothing', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  await partition.append(lines(0, 10))
  const transfer = new TestTransfer(t, { source })
  await committedUpTo(partition, 10)
  partition.makeAgain()
  await wait(20)
  await transfer.stop()
  assert.equal(committed(partition), null)
})

test('what is settled of the former topic commits nothing where the next one is fetched already and still waits', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 40; from += 10) await partition.append(lines(from, 10, formerId))
  const sink = new MemorySink()
  sink.hold()
  const first = new TestTransfer(t, { source, sink, maxItems: 10, inFlight: 1, drainMs: 50 })
  await waitUntil(() => sink.requests.length === 1, 'the first bulk')
  await wait(20)

  partition.makeAgain()
  await partition.append(lines(0, 100))
  await wait(20)
  // One bulk is taken, the next one is not: the records of the new log wait behind it.
  sink.release()
  sink.hold()
  await waitUntil(() => sink.documents.size === 10, 'the first bulk to be there')
  await wait(20)
  await source.revoke()
  assert.equal(committed(partition), null)
  first.crash()

  sink.release()
  const next = new MemorySource()
  next.partitions.push(partition)
  new TestTransfer(t, { source: next, sink })
  await committedUpTo(partition, 100)
  assert.equal([...sink.documents.values()].filter(({ id }) => !id.startsWith(formerId)).length, 100)
})

test('that holds as well where nothing of the former topic was converted when the next one was fetched', async (t) => {
  const source = new MemorySource()
  source.batchesAFetch = 4
  const partition = source.add('web', 0)
  for (let from = 0; from < 40; from += 10) await partition.append(lines(from, 10, formerId))
  let isAway = true
  const away = new LogpipeError('kafka_unavailable', 'Away.', { retriable: true })
  partition.failCommit = () => (isAway ? away : null)
  const sink = new MemorySink()
  sink.hold()
  new TestTransfer(t, { source, sink, maxItems: 10, inFlight: 1, drainMs: 50 })
  await wait(20)
  partition.makeAgain()
  await partition.append(lines(0, 100))
  await wait(20)
  isAway = false
  await waitUntil(() => sink.requests.length === 1, 'the first bulk')
  await wait(20)
  sink.release()
  sink.hold()
  await waitUntil(() => sink.documents.size === 10, 'the first bulk to be there')
  await wait(20)
  await source.revoke()
  assert.equal(committed(partition) ?? 0, 0)
  sink.release()
})

test('what is left of a former topic needs no reservation, which no commit can make: the next one is read behind it', async (t) => {
  const source = new MemorySource()
  const partition = source.add('web', 0)
  for (let from = 0; from < 40; from += 10) await partition.append(lines(from, 10, formerId))
  // Set by a tool, so nothing is reserved.
  partition.committed = { offset: 10, metadata: '' }
  let failure = new LogpipeError('kafka_unavailable', 'Away.', { retriable: true })
  partition.failCommit = () => (failure.code === 'internal' ? null : failure)
  const { sink } = new TestTransfer(t, { source })
  await wait(20)
  partition.makeAgain()
  await partition.append(lines(0, 5))
  failure = new LogpipeError('kafka_topic_missing', 'The topic is another one.')
  await waitUntil(() => sink.documents.size > 0, 'the rest of the former topic')
  failure = new LogpipeError('internal', '')
  await committedUpTo(partition, 5)
})
