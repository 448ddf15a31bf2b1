import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Producer } from '../producer/producer.ts'
import { encodeRecords } from '../record-batch/encode-records.ts'
import { testCluster, testTopic } from '../test-cluster.ts'

test('the first record from a time on is found, and records before an offset are deleted for good', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  const at = { topic, partition: 0 }
  const producer = new Producer(cluster)
  t.after(() => producer.close())
  const now = Date.now()
  for (const timestampMs of [now - 30_000, now - 20_000, now - 10_000]) {
    await producer.send(topic, 0, await encodeRecords([{ value: Buffer.from('x'), timestampMs }], 'none'))
  }
  const offset = async (where: Parameters<typeof cluster.listOffsets>[1]): Promise<number | undefined> =>
    (await cluster.listOffsets([at], where, t.signal)).get(`${topic}:0`)
  assert.equal(await offset({ sinceMs: now - 20_000 }), 1)
  assert.equal(await offset({ sinceMs: now - 19_999 }), 2)
  assert.equal(await offset({ sinceMs: now }), -1)
  assert.equal(await offset({ sinceMs: -5 }), 0)
  assert.equal(await offset('earliest'), 0)
  await cluster.deleteRecords(at, 2, t.signal)
  assert.equal(await offset('earliest'), 2)
  assert.equal(await offset('latest'), 3)
  await assert.rejects(cluster.deleteRecords(at, 99, t.signal), { code: 'kafka_offset_out_of_range' })
})
