import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { Fetcher } from '../consumer/fetcher.ts'
import { RecordBatchEncoder } from '../record-batch/encoder.ts'
import { splitBatches } from '../record-batch/fetched-batch.ts'
import { testCluster, testTopic, uniqueName } from '../test-cluster.ts'
import type { EncodedBatch } from '../types.ts'
import { Producer } from './producer.ts'

async function encode(...values: string[]): Promise<EncodedBatch> {
  const encoder = new RecordBatchEncoder(1 << 20)
  encoder.reset()
  for (const value of values) assert.ok(encoder.appendRecord({ value: Buffer.from(value) }))
  return await encoder.seal('none')
}

async function readAll(cluster: Cluster, topic: string, partition: number, signal: AbortSignal): Promise<string[]> {
  const ends = await cluster.listOffsets([{ topic, partition }], 'latest', signal)
  const end = ends.values().next().value ?? 0
  const fetcher = new Fetcher(cluster, { maxPartitionBytes: 1 << 20, maxWaitMs: 100 })
  const values: string[] = []
  for (let offset = 0; offset < end;) {
    const { raw } = await fetcher.fetch(topic, partition, offset, signal)
    for (const batch of splitBatches(raw)) {
      const cursor = await batch.open()
      while (cursor.next()) values.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
      offset = batch.lastOffset + 1
    }
  }
  return values
}

test('batches are written once and in order although the connection breaks again and again', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster, 2)
  const producer = new Producer(cluster)
  t.after(() => producer.close())
  const expected: string[][] = [[], []]
  const sends: Promise<unknown>[] = []
  const broken = new AbortController()
  const breaking = (async () => {
    while (!broken.signal.aborted) {
      for (const broker of cluster.metadata.candidates()) {
        for (const lane of ['produce-0', 'produce-1'] as const) await cluster.connections.drop(broker, lane)
      }
      await sleep(5, broken.signal).catch(() => undefined)
    }
  })()
  for (let i = 0; i < 400; i++) {
    const partition = i % 2
    const values = [`${i} a`, `${i} b`]
    expected[partition]?.push(...values)
    sends.push(producer.send(topic, partition, await encode(...values), t.signal))
    if (i % 20 === 0) await sleep(4, t.signal)
  }
  broken.abort()
  await breaking
  await Promise.all(sends)
  assert.ok(producer.retries > 0, 'no send was ever broken, so the test proves nothing')
  assert.deepEqual(await readAll(cluster, topic, 0, t.signal), expected[0])
  assert.deepEqual(await readAll(cluster, topic, 1, t.signal), expected[1])
})

test('a batch that the broker finds too large is refused, and those behind it arrive in order', async (t) => {
  const cluster = testCluster(t)
  const topic = uniqueName('test')
  const options = { partitions: 1, replication: 'auto', configs: { 'max.message.bytes': '2000' } } as const
  await cluster.ensureTopic(topic, options, t.signal)
  const producer = new Producer(cluster)
  t.after(() => producer.close())
  const outcomes = await Promise.allSettled([
    producer.send(topic, 0, await encode('one'), t.signal),
    producer.send(topic, 0, await encode('x'.repeat(3_000)), t.signal),
    producer.send(topic, 0, await encode('two'), t.signal),
    producer.send(topic, 0, await encode('three'), t.signal),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  assert.equal((outcomes[1] as PromiseRejectedResult).reason.code, 'kafka_record_too_large')
  assert.deepEqual(await readAll(cluster, topic, 0, t.signal), ['one', 'two', 'three'])
})

test('a batch that the broker refuses record by record is rejected with its words, and those behind it arrive', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  const producer = new Producer(cluster)
  t.after(() => producer.close())
  const encoder = new RecordBatchEncoder(4_096)
  // Kafka 4 takes no time from more than an hour ahead, and says so of each record.
  encoder.reset(Date.now() + 24 * 3_600_000)
  for (const text of ['a', 'b', 'c']) encoder.appendRecord({ value: Buffer.from(text) })
  const signal = AbortSignal.timeout(10_000)
  const refused = producer.send(topic, 0, await encoder.seal('none'), signal)
  await assert.rejects(refused, { code: 'kafka_time_refused', message: /INVALID_TIMESTAMP/ })
  await producer.send(topic, 0, await encode('behind'), signal)
  assert.deepEqual(await readAll(cluster, topic, 0, t.signal), ['behind'])
})

test('a send that was aborted does not hold up those behind it', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  const producer = new Producer(cluster)
  t.after(() => producer.close())
  await producer.send(topic, 0, await encode('first'), t.signal)
  const abort = new AbortController()
  const given = producer.send(topic, 0, await encode('given up'), abort.signal)
  const kept = producer.send(topic, 0, await encode('kept'), t.signal)
  abort.abort()
  await assert.rejects(given, { code: 'aborted' })
  await kept
  const values = await readAll(cluster, topic, 0, t.signal)
  assert.deepEqual(
    values.filter((value) => value !== 'given up'),
    ['first', 'kept'],
  )
})

test('one partition that does not exist holds up nobody else', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  const producer = new Producer(cluster)
  const lost = producer.send(uniqueName('missing'), 0, await encode('nowhere'))
  await producer.send(topic, 0, await encode('here'), t.signal)
  producer.close()
  await assert.rejects(lost, { code: 'aborted' })
})

test('acks 1 and acks 0 send without a producer id', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  for (const acks of [1, 0] as const) {
    const producer = new Producer(cluster, { acks })
    const { baseOffset } = await producer.send(topic, 0, await encode(`acks ${acks}`), t.signal)
    assert.equal(baseOffset, acks === 1 ? 0 : -1)
    producer.close()
  }
})
