import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'
import kafkajs, { type Kafka } from 'kafkajs'
import { AssignedPartition } from './consumer/assigned-partition.ts'
import { Fetcher } from './consumer/fetcher.ts'
import { TopicReader } from './consumer/topic-reader.ts'
import { Producer } from './producer/producer.ts'
import { RecordBatchEncoder } from './record-batch/encoder.ts'
import { HeaderBlock } from './record-batch/header-block.ts'
import { testBrokers, testCluster, testTopic, uniqueName } from './test-cluster.ts'
import type { Compression } from './types.ts'

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

// kafkajs brings gzip alone; for the others it takes any codec. These are not ours but zlib's and the library's.
const codec = (compress: (data: Buffer) => Buffer, decompress: (data: Buffer) => Buffer) => () => ({
  compress: async (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: async (data: Buffer) => decompress(data),
})
CompressionCodecs[CompressionTypes.ZSTD] = codec(zlib.zstdCompressSync, zlib.zstdDecompressSync)
CompressionCodecs[CompressionTypes.LZ4] = codec(
  compressionsAlgorithms.lz4.compressSync,
  compressionsAlgorithms.lz4.decompressSync,
)
CompressionCodecs[CompressionTypes.Snappy] = codec(
  compressionsAlgorithms.snappy.compressSync,
  compressionsAlgorithms.snappy.decompressSync,
)

const types: Record<Compression, kafkajs.CompressionTypes> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}
const compressions = Object.keys(types) as Compression[]
const lines = Array.from({ length: 500 }, (_, i) => `line ${i} ${'äöü'.repeat(i % 40)}`)

function client(): Kafka {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
  return new kafkajs.Kafka({ brokers: testBrokers(), clientId: uniqueName('kafkajs'), logLevel: logLevel.NOTHING })
}

for (const compression of compressions) {
  test(`kafkajs reads what we wrote with compression ${compression}`, async (t) => {
    const cluster = testCluster(t)
    const topic = await testTopic(t, cluster)
    const producer = new Producer(cluster)
    const block = new HeaderBlock([{ key: 'source', value: Buffer.from('{"id":"s"}') }], 'offset')
    const encoder = new RecordBatchEncoder(1 << 20)
    encoder.reset(1_700_000_000_000)
    let offset = 0
    for (const line of lines) {
      const bytes = Buffer.from(line)
      assert.ok(encoder.appendLine(bytes, 0, bytes.length, block, offset, Buffer.from('key')))
      offset += bytes.length + 1
    }
    await producer.send(topic, 0, await encoder.seal(compression), t.signal)
    producer.close()

    const consumer = client().consumer({ groupId: uniqueName('kafkajs') })
    const read: string[] = []
    const headers: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        read.push(String(message.value))
        headers.push(`${String(message.headers?.['source'])} ${String(message.headers?.['offset'])}`)
        if (read.length === lines.length) resolve()
      },
    })
    await promise
    await consumer.disconnect()
    assert.deepEqual(read, lines)
    assert.equal(headers.at(-1), `{"id":"s"} ${offset - Buffer.byteLength(lines.at(-1) ?? '') - 1}`)
  })

  test(`we read what kafkajs wrote with compression ${compression}`, async (t) => {
    const cluster = testCluster(t)
    const topic = await testTopic(t, cluster)
    const producer = client().producer()
    await producer.connect()
    const messages = lines.map((line, i) => ({ value: line, key: `k${i}`, headers: { n: String(i) } }))
    await producer.send({ topic, compression: types[compression], messages })
    await producer.disconnect()

    const partition = new AssignedPartition(
      {
        fetcher: new Fetcher(cluster, { maxPartitionBytes: 1 << 20, maxWaitMs: 100 }),
        log: cluster.log,
        earliest: async () => 0,
        topicId: async () => null,
        commit: async () => undefined,
      },
      topic,
      0,
      null,
    )
    const read: string[] = []
    while (read.length < lines.length) {
      for (const batch of await partition.fetch(t.signal)) {
        assert.equal(batch.compression, compression)
        const cursor = await batch.open()
        while (cursor.next()) {
          read.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
          assert.equal(cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd), `k${read.length - 1}`)
          assert.ok(cursor.findHeader(Buffer.from('n')))
          assert.equal(
            cursor.buffer.toString('utf8', cursor.headerValueStart, cursor.headerValueEnd),
            `${read.length - 1}`,
          )
        }
      }
    }
    assert.deepEqual(read, lines)
  })
}

test('of transactions the records of those that were committed come; what else they leave in the log is passed over, to its end', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  const producer = client().producer({
    transactionalId: uniqueName('transactions'),
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  for (const [value, end] of [
    ['a', 'commit'],
    ['b', 'abort'],
    ['c', 'commit'],
    ['d', 'abort'],
  ] as const) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: `${value}1` }, { value: `${value}2` }] })
    await transaction[end]()
  }
  await producer.disconnect()
  const opened = new TopicReader(cluster, { maxWaitMs: 100 }).open(topic, 0, 0)
  const read: string[] = []
  let next = 0
  // Two records and a marker each.
  while (opened.position < 12) {
    for (const batch of await opened.fetch(t.signal)) {
      assert.equal(batch.baseOffset, next, 'no stretch is left out')
      next = batch.lastOffset + 1
      const cursor = await batch.open()
      while (cursor.next()) read.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
    }
  }
  assert.deepEqual(read, ['a1', 'a2', 'c1', 'c2'])
  assert.equal(next, 12)
})
