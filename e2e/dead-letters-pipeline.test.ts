import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentId, foreignDocumentId } from '@logpipe/config'
import { Cluster, encodeRecords, type PlainRecord, Producer } from '@logpipe/kafka'
import {
  closeAfter,
  randomName,
  readDocuments,
  runProgram,
  type SettingsTree,
  startTransfer,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { isCommitted } from './lib/committed.ts'
import { readDeadLetters } from './lib/dead-letters.ts'
import { emptyStream } from './lib/empty-stream.ts'

const { kafkaBrokers, elasticsearchNodes } = testServers()
const node = elasticsearchNodes[0] ?? ''
/** Not so long ago that Kafka's retention takes the records while they are looked at. */
const readAtMs = Date.now() - 3_600_000
const sourceId = 'AAAAAAAAAAAAAAAA'
const count = 40

/** Of every fourth the field is an object, which the index knows as a number by then. Each holds a byte that is no UTF-8. */
function line(i: number): Buffer {
  const status = i % 4 === 3 ? `{"code":${i}}` : i
  return Buffer.concat([Buffer.from(`{"n":${i},"status":${status},"raw":"`), Buffer.from([0xff]), Buffer.from('"}')])
}

function ownRecord(i: number): PlainRecord {
  const source = { id: sourceId, host: 'h', ip: '10.0.0.1', path: '/var/log/shop.log', entry: 'e' }
  return {
    value: line(i),
    timestampMs: readAtMs + i,
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify(source)) },
      { key: 'offset', value: Buffer.from(String(i * 100)) },
    ],
  }
}

function foreignRecord(i: number): PlainRecord {
  return { value: Buffer.from(line(i).toString('utf8')), timestampMs: readAtMs + i }
}

test(
  'records that a pipeline made unfit come back through the pipeline as it was mended: the bytes as they were, under their ids',
  { timeout: 120_000 },
  async (t) => {
    const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'e2e' })
    const producer = new Producer(cluster)
    const topic = `${randomName('e2e')}_log`
    const stream = `logs-${topic}-default`
    const marks = randomName('marks')
    closeAfter(t, async () => {
      producer.close()
      for (const name of [topic, `${topic}.dlq`, marks]) await cluster.deleteTopic(name, AbortSignal.timeout(10_000))
      await cluster.close()
      await emptyStream(node, stream)
    })
    await cluster.ensureTopic(topic, { partitions: 2, replication: 'auto' }, t.signal)
    const settings = (...processors: SettingsTree[]): SettingsTree => ({
      kafka: { brokers: kafkaBrokers, group: topic, topics: [topic] },
      elasticsearch: { nodes: [node], bulkAgeMs: 50 },
      routes: [{ topics: [topic], pipeline: 'shop' }],
      pipelines: { shop: { processors } },
      commitMs: 100,
    })
    const drained = async (): Promise<void> =>
      void (await waitFor(() => isCommitted(cluster, topic), { what: 'the commit of all', deadlineMs: 60_000 }))
    const numbers = Array.from({ length: count }, (_, i) => i)
    const send = async (from: number, to: number): Promise<void> => {
      const some = numbers.slice(from, to)
      await producer.send(topic, 0, await encodeRecords(some.map(ownRecord), 'zstd'))
      await producer.send(topic, 1, await encodeRecords(some.map(foreignRecord), 'zstd'))
      await drained()
    }

    const broken = await startTransfer(t, settings({ json: {} }))
    // The first of them make the mapping.
    await send(0, 3)
    await send(3, count)
    assert.equal(await broken.stop(), 0)
    const bad = numbers.filter((i) => i % 4 === 3)
    const letters = await readDeadLetters(kafkaBrokers, topic)
    const ofPartition = (partition: number): Buffer[] =>
      letters.filter((letter) => letter.partition === partition).map((letter) => letter.line)
    assert.deepEqual(ofPartition(0), bad.map(line), 'the bytes as they were, no UTF-8 among them')
    assert.deepEqual(
      ofPartition(1),
      bad.map((i) => foreignRecord(i).value),
    )

    const mend = [{ rename: { fields: { 'status.code': 'code' } } }, { add: { fields: { 'event.kind': 'mended' } } }]
    const mended = await startTransfer(t, settings({ json: {} }, ...mend))
    const { code, stdout, stderr } = await runProgram('logctl', {
      args: ['dlq', 'replay', '--topic', topic, '--stage', 'sink', '--json'],
      env: { LOGCTL_KAFKA: kafkaBrokers.join(','), LOGCTL_DLQ_MARKS: marks },
    })
    assert.deepEqual([code, stdout], [0, `{"replayed":${2 * bad.length},"failed":0}\n`], stderr)
    await drained()

    const found = new Map<string, unknown>()
    for await (const { id, source } of readDocuments({ node, index: stream })) {
      const { n, status, code: number, event, message } = source as Record<string, unknown>
      found.set(id, { n, status, code: number, kind: (event as { kind?: string }).kind, message })
    }
    const expected = new Map<string, unknown>()
    for (const i of numbers) {
      const isBad = i % 4 === 3
      const parsed = { n: i, status: isBad ? undefined : i, code: isBad ? i : undefined }
      const document = { ...parsed, kind: isBad ? 'mended' : undefined, message: line(i).toString('utf8') }
      expected.set(documentId(sourceId, i * 100), document)
      expected.set(foreignDocumentId(topic, 1, i, readAtMs + i), document)
    }
    assert.deepEqual(found, expected)
    assert.equal(await mended.stop(), 0)
  },
)
