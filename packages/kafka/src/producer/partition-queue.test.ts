import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordBatchEncoder } from '../record-batch/encoder.ts'
import { at } from '../record-batch/layout.ts'
import type { EncodedBatch } from '../types.ts'
import { PartitionQueue, type PendingBatch, produceFailure } from './partition-queue.ts'

const notLeader = 6
const outOfOrder = 45
const tooLarge = 10
const unknownTopic = 3

async function batch(): Promise<EncodedBatch> {
  const encoder = new RecordBatchEncoder(500)
  encoder.reset(1)
  encoder.appendRecord({ value: Buffer.from('a') })
  encoder.appendRecord({ value: Buffer.from('b') })
  return await encoder.seal('none')
}

function stamps(pending: PendingBatch | undefined): [bigint, number] {
  assert.ok(pending)
  const { bytes } = pending.batch
  return [bytes.readBigInt64BE(at.producerId), bytes.readInt32BE(at.baseSequence)]
}

function fail(queue: PartitionQueue, pending: PendingBatch | undefined, code: number): void {
  const { error, name } = produceFailure(queue, code, null)
  queue.fail(pending as PendingBatch, error, name)
}

async function queueOf(count: number): Promise<{ queue: PartitionQueue; sent: Promise<unknown>[] }> {
  const queue = new PartitionQueue('t', 0)
  queue.identity = { producerId: 1n, producerEpoch: 0 }
  const sent: Promise<unknown>[] = []
  for (let i = 0; i < count; i++) sent.push(queue.add(await batch(), undefined))
  for (const promise of sent) promise.catch(() => undefined)
  return { queue, sent }
}

test('the first batch of an identity goes alone, so that none behind it can be appended before it', async () => {
  const { queue } = await queueOf(3)
  const first = queue.take(true)
  assert.equal(queue.hasSendable, false)
  fail(queue, first, notLeader)
  queue.recover(0)
  const again = queue.take(true)
  assert.deepEqual(stamps(again), [1n, 0])
  assert.equal(queue.hasSendable, false)
  queue.acknowledge(again as PendingBatch, 0)
  assert.equal(queue.hasSendable, true)
  const second = queue.take(true)
  assert.equal(queue.hasSendable, true)
  fail(queue, second, outOfOrder)
  queue.recover(0)
  queue.identity = { producerId: 2n, producerEpoch: 0 }
  queue.take(true)
  assert.equal(queue.hasSendable, false)
})

test('trouble is what has lasted for a while, and over with the next acknowledgement', async () => {
  const { queue } = await queueOf(1)
  const first = queue.take(true)
  const { error } = produceFailure(queue, notLeader, null)
  queue.troubled(error, 1_000)
  assert.equal(queue.troubleFor(3_000, 3_999), null)
  assert.equal(queue.troubleFor(3_000, 4_000), error)
  queue.acknowledge(first as PendingBatch, 0)
  assert.equal(queue.troubleFor(3_000, 9_000), null)
})

test('after a failure nothing is sent until all in flight is answered, then all goes again with the same sequences', async () => {
  const { queue } = await queueOf(3)
  const [first, second] = [queue.take(true), queue.take(true)]
  assert.deepEqual(
    [stamps(first), stamps(second)],
    [
      [1n, 0],
      [1n, 2],
    ],
  )
  fail(queue, first, notLeader)
  assert.equal(queue.hasSendable, false)
  assert.equal(queue.needsRecovery, false)
  fail(queue, second, outOfOrder)
  assert.equal(queue.needsRecovery, true)
  queue.recover(0)
  const again = [queue.take(true), queue.take(true), queue.take(true)]
  assert.deepEqual(again.map(stamps), [
    [1n, 0],
    [1n, 2],
    [1n, 4],
  ])
})

test('a gap that the broker finds at the head is closed by a new producer id from sequence 0', async () => {
  const { queue, sent } = await queueOf(2)
  const first = queue.take(true)
  queue.acknowledge(first as PendingBatch, 40)
  assert.deepEqual(await sent[0], { baseOffset: 40 })
  fail(queue, queue.take(true), outOfOrder)
  queue.recover(0)
  assert.equal(queue.identity, null)
  queue.identity = { producerId: 2n, producerEpoch: 0 }
  assert.deepEqual(stamps(queue.take(true)), [2n, 0])
})

test('a refused batch leaves the queue, and those behind it get a new sequence', async () => {
  const { queue, sent } = await queueOf(3)
  const [first, second, third] = [queue.take(true), queue.take(true), queue.take(true)]
  fail(queue, first, tooLarge)
  fail(queue, second, outOfOrder)
  fail(queue, third, outOfOrder)
  queue.recover(0)
  await assert.rejects(sent[0] as Promise<unknown>, { code: 'kafka_record_too_large' })
  queue.identity = { producerId: 2n, producerEpoch: 0 }
  assert.deepEqual(
    [stamps(queue.take(true)), stamps(queue.take(true))],
    [
      [2n, 0],
      [2n, 2],
    ],
  )
})

test('a topic that stays unknown for 30 s is missing; one that comes is not', async () => {
  const { queue, sent } = await queueOf(1)
  fail(queue, queue.take(true), unknownTopic)
  queue.recover(1_000)
  fail(queue, queue.take(true), unknownTopic)
  queue.recover(30_000)
  assert.equal(queue.isEmpty, false)
  fail(queue, queue.take(true), unknownTopic)
  queue.recover(31_001)
  await assert.rejects(sent[0] as Promise<unknown>, { code: 'kafka_topic_missing' })
})

test('sequences go on from 0 behind 2³¹ − 1', async () => {
  const { queue } = await queueOf(1)
  const first = queue.take(true) as PendingBatch
  queue.acknowledge(first, 0)
  const huge = { bytes: (await batch()).bytes, recordCount: 2 ** 31 - 2 }
  void queue.add(huge, undefined)
  void queue.add(await batch(), undefined)
  assert.deepEqual(
    [stamps(queue.take(true)), stamps(queue.take(true))],
    [
      [1n, 2],
      [1n, 0],
    ],
  )
})
