import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError, LogpipeError, silentLogger } from '@logpipe/runtime'
import type { PlainRecord } from '../types.ts'
import { RecordBatchEncoder } from '../record-batch/encoder.ts'
import { at, batchCrc, controlMask, transactionalMask } from '../record-batch/layout.ts'
import { AssignedPartition, type PartitionGroup } from './assigned-partition.ts'
import type { FetchedPartition } from './fetch-request.ts'

/** A batch of one record at `offset`. */
async function batch(offset: number, record: PlainRecord, attributes = 0): Promise<Buffer> {
  const encoder = new RecordBatchEncoder(65_536)
  encoder.reset(0)
  assert.ok(encoder.appendRecord(record))
  const bytes = Buffer.from((await encoder.seal('none')).bytes)
  bytes.writeBigInt64BE(BigInt(offset), at.baseOffset)
  bytes.writeInt16BE(attributes, at.attributes)
  bytes.writeBigInt64BE(7n, at.producerId)
  bytes.writeUInt32BE(batchCrc(bytes), at.crc)
  return bytes
}

test('what came with a broken marker of a transaction is fetched again', async (t) => {
  const marker = await batch(
    11,
    { key: Buffer.from([0, 0, 0, 0]), value: Buffer.alloc(6) },
    controlMask | transactionalMask,
  )
  const damaged = Buffer.from(marker)
  damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 0xff
  const before = await batch(9, { value: Buffer.from('plain') })
  const aborted = await batch(10, { value: Buffer.from('void') }, transactionalMask)
  const asked: number[] = []
  const answer = (offset: number): FetchedPartition => ({
    topic: 'web',
    partition: 0,
    errorCode: 0,
    highWatermark: 12,
    logStartOffset: 0,
    aborted: [{ producerId: 7n, firstOffset: 10 }],
    raw: offset > 9 ? Buffer.alloc(0) : Buffer.concat([before, aborted, asked.length === 1 ? damaged : marker]),
  })
  const fetcher = {
    fetch: async (_topic: string, _partition: number, offset: number) => {
      asked.push(offset)
      return answer(offset)
    },
  }
  const group = { fetcher, log: silentLogger, topicId: async () => null } as unknown as PartitionGroup
  const partition = new AssignedPartition(group, 'web', 0, { offset: 9, metadata: '' })
  await assert.rejects(partition.fetch(t.signal), (error) => isLogpipeError(error, 'kafka_corrupt'))
  const batches = await partition.fetch(t.signal)
  assert.deepEqual(asked, [9, 9])
  assert.deepEqual(
    batches.map(({ baseOffset, recordCount }) => [baseOffset, recordCount]),
    [
      [9, 1],
      [10, 0],
      [11, 0],
    ],
  )
})

test('where the topic was made again during a pause, reading begins anew, also where the position is in it; its old offset is not committed', async (t) => {
  const asked: number[] = []
  const committed: number[] = []
  let id = 'former'
  let askedForId = 0
  const fetcher = {
    fetch: async (topic: string, partition: number, offset: number): Promise<FetchedPartition> => {
      asked.push(offset)
      const raw = await batch(offset, { value: Buffer.from('line') })
      return { topic, partition, errorCode: 0, highWatermark: 100, logStartOffset: 0, aborted: [], raw }
    },
  }
  const group = {
    fetcher,
    log: silentLogger,
    earliest: async () => 0,
    topicId: async (_topic: string, sinceMs: number) => {
      if (sinceMs > -Infinity) askedForId++
      return id
    },
    commit: async (_partition: unknown, offset: number) => void committed.push(offset),
  } as unknown as PartitionGroup
  const partition = new AssignedPartition(group, 'web', 0, { offset: 9, metadata: '' })
  await partition.fetch(t.signal)
  await partition.fetch(t.signal)
  await partition.commit(11)
  id = 'new'
  await assert.rejects(partition.commit(11), (error) => isLogpipeError(error, 'kafka_topic_missing'))
  await partition.fetch(t.signal)
  await partition.commit(1)
  assert.deepEqual(asked, [9, 10, 0])
  assert.deepEqual(committed, [11, 1])
  assert.equal(askedForId, 1, 'who fetches all the time does not ask')
})

test('where the beginning of a topic that was made again cannot be asked for at once, reading waits for it', async (t) => {
  const asked: number[] = []
  let id = 'former'
  let refusals = 0
  const group = {
    fetcher: {
      fetch: async (topic: string, partition: number, offset: number): Promise<FetchedPartition> => {
        asked.push(offset)
        const raw = await batch(offset, { value: Buffer.from('line') })
        return { topic, partition, errorCode: 0, highWatermark: 100, logStartOffset: 0, aborted: [], raw }
      },
    },
    log: silentLogger,
    earliest: async () => {
      if (refusals++ === 0) throw new LogpipeError('kafka_unavailable', 'No broker answers.', { retriable: true })
      return 3
    },
    topicId: async () => id,
  } as unknown as PartitionGroup
  const partition = new AssignedPartition(group, 'web', 0, { offset: 9, metadata: '' })
  await partition.fetch(t.signal)
  id = 'new'
  assert.deepEqual(await partition.fetch(t.signal), [])
  await partition.fetch(t.signal)
  assert.deepEqual(asked, [9, 3])
})

test('a partition that cannot be read gives word each time, so that its owner does not keep room for what does not come', async (t) => {
  let tries = 0
  const group = {
    fetcher: {
      fetch: async (topic: string, partition: number, offset: number): Promise<FetchedPartition> => {
        if (++tries <= 3) throw new LogpipeError('kafka_unavailable', 'It has no leader.', { retriable: true })
        const raw = await batch(offset, { value: Buffer.from('line') })
        return { topic, partition, errorCode: 0, highWatermark: 100, logStartOffset: 0, aborted: [], raw }
      },
    },
    log: silentLogger,
    topicId: async () => null,
  } as unknown as PartitionGroup
  const partition = new AssignedPartition(group, 'web', 0, { offset: 9, metadata: '' })
  const counts: number[] = []
  const reasons: string[] = []
  for (let asked = 0; asked < 4; asked++) {
    counts.push((await partition.fetch(t.signal)).length)
    reasons.push(partition.failure?.message ?? '')
  }
  assert.deepEqual(counts, [0, 0, 0, 1])
  assert.deepEqual(reasons, ['It has no leader.', 'It has no leader.', 'It has no leader.', ''])
})

test('brokers that do not agree on the oldest record are asked again after a back-off, not without end', async (t) => {
  let asked = 0
  const group = {
    fetcher: {
      fetch: async (topic: string, partition: number): Promise<FetchedPartition> => {
        asked++
        const [highWatermark, logStartOffset] = [0, 0]
        return { topic, partition, errorCode: 1, highWatermark, logStartOffset, aborted: [], raw: Buffer.alloc(0) }
      },
    },
    log: silentLogger,
    earliest: async () => 5,
    topicId: async () => null,
  } as unknown as PartitionGroup
  const partition = new AssignedPartition(group, 'web', 0, { offset: 9, metadata: '' })
  assert.deepEqual(await partition.fetch(t.signal), [])
  assert.equal(asked, 2)
  assert.match(partition.failure?.message ?? '', /does not have the record that it says is its oldest/)
})
