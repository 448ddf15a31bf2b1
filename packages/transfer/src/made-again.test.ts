import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
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
