import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { documentId, foreignDocumentId } from '@logpipe/config'
import { Cluster, encodeRecords, groupByBytes, type PlainRecord, Producer, recordBytes } from '@logpipe/kafka'
import {
  closeAfter,
  countDocuments,
  elasticsearch,
  randomName,
  type Ran,
  readDocuments,
  runProgram,
  startTransfer,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { isCommitted } from './lib/committed.ts'
import { emptyStream } from './lib/empty-stream.ts'

const { kafkaBrokers, elasticsearchNodes } = testServers()
const node = elasticsearchNodes[0] ?? ''

/** One in a hundred of so many lines of an agent, and of so many records of another producer, conflicts. */
const recordsOfEach = 5_000
const conflictEvery = 100
const conflicts = (2 * recordsOfEach) / conflictEvery
const partitions = 3
const readAtMs = Date.UTC(2026, 10, 1)
const sourceId = 'AAAAAAAAAAAAAAAA'

const conflicting = (i: number): boolean => i % conflictEvery === conflictEvery - 1

/** Its label is a text; that of a conflicting one makes an object of the same field. */
function ownRecord(i: number): PlainRecord {
  const fields = conflicting(i) ? { 'shop.cart': 'full' } : { shop: 'open' }
  const source = { id: sourceId, host: 'h', ip: '10.0.0.1', path: '/var/log/shop.log', entry: 'e', fields }
  return {
    key: Buffer.from(sourceId),
    value: Buffer.from(`line ${i}`),
    timestampMs: readAtMs + i,
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify(source)) },
      { key: 'offset', value: Buffer.from(String(i * 10)) },
    ],
  }
}

function foreignRecord(i: number): PlainRecord {
  const status = conflicting(i) ? { code: i } : i
  return { value: Buffer.from(JSON.stringify({ message: `record ${i}`, status })), timestampMs: readAtMs + i }
}

/** Sends the records, and resolves to the offset of each. */
async function produce(
  producer: Producer,
  topic: string,
  partition: number,
  records: readonly PlainRecord[],
): Promise<number[]> {
  const offsets: number[] = []
  for (const group of groupByBytes(records, recordBytes, 262_144)) {
    const { baseOffset } = await producer.send(topic, partition, await encodeRecords(group, 'zstd'))
    offsets.push(...group.map((_, index) => baseOffset + index))
  }
  return offsets
}

/** What a person would do: a template in which both forms have their place, and a new index behind the stream. */
async function mendMapping(t: TestContext, topic: string): Promise<void> {
  closeAfter(t, () => elasticsearch(node, 'DELETE', `/_index_template/${topic}`))
  await elasticsearch(node, 'PUT', `/_index_template/${topic}`, {
    index_patterns: [`logs-${topic}-*`],
    priority: 900,
    data_stream: {},
    template: {
      mappings: {
        properties: { labels: { type: 'object', subobjects: false }, status: { type: 'object', enabled: false } },
      },
    },
  })
  await elasticsearch(node, 'POST', `/logs-${topic}-default/_rollover`)
}

test(
  'documents whose fields conflict rest as dead letters, and come back once, with their ids, when the mapping is mended',
  { timeout: 180_000 },
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
    await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, t.signal)
    const logctl = (...args: string[]): Promise<Ran> =>
      runProgram('logctl', {
        args: ['dlq', ...args],
        env: { LOGCTL_KAFKA: kafkaBrokers.join(','), LOGCTL_DLQ_MARKS: marks },
      })
    const listed = async (...args: string[]): Promise<Record<string, unknown>[]> => {
      const { stdout } = await logctl('list', '--topic', topic, '--limit', '1000', '--json', ...args)
      return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
    }
    const transfer = await startTransfer(t, {
      kafka: { brokers: kafkaBrokers, group: topic, topics: [topic] },
      elasticsearch: { nodes: [node], bulkAgeMs: 50, bulkDocs: 1_000 },
      commitMs: 100,
    })
    /** Waits until all that is in the topic is accepted or put away. */
    const drained = async (): Promise<void> =>
      void (await waitFor(() => isCommitted(cluster, topic), { what: 'the commit of all', deadlineMs: 60_000 }))

    // The first of each make the mapping.
    const expected = new Map<string, string>()
    const send = async (from: number, to: number): Promise<void> => {
      const numbers = Array.from({ length: to - from }, (_, index) => from + index)
      await produce(producer, topic, 0, numbers.map(ownRecord))
      const offsets = await produce(producer, topic, 1, numbers.map(foreignRecord))
      for (const [index, i] of numbers.entries()) {
        expected.set(documentId(sourceId, i * 10), `line ${i}`)
        expected.set(foreignDocumentId(topic, 1, offsets[index] ?? -1, readAtMs + i), `record ${i}`)
      }
      await drained()
    }
    await send(0, 10)
    await send(10, recordsOfEach)

    const letters = await listed()
    assert.equal(letters.length, conflicts)
    for (const { type, reason, stage, attempts, state } of letters) {
      assert.deepEqual(
        { type, stage, attempts, state },
        { type: 'document_parsing_exception', stage: 'sink', attempts: 1, state: 'open' },
      )
      assert.match(String(reason), /object mapping for \[|failed to parse field \[(labels\.shop|status)/)
    }
    const causes = await listed('--count')
    assert.equal(
      causes.reduce((sum, { letters: count }) => sum + Number(count), 0),
      conflicts,
    )
    assert.ok(causes.length <= 4, JSON.stringify(causes))
    const metrics = await (await fetch(`${transfer.url}/metrics`)).text()
    const counted = `logtransfer_dead_letters_total{topic="${topic}",stage="sink",type="document_parsing_exception"} ${conflicts}`
    assert.ok(metrics.includes(counted), metrics.match(/.*dead_letters_total.*/g)?.join('\n'))

    const replayAll = async (): Promise<void> => {
      const { code, stdout, stderr } = await logctl('replay', '--topic', topic, '--stage', 'sink', '--json')
      assert.deepEqual([code, stdout], [0, `{"replayed":${conflicts},"failed":0}\n`], stderr)
      await drained()
    }
    // Nothing is mended yet: each dies again, of the same, and is still the document that it was.
    await replayAll()
    const ids = (rows: typeof letters): Set<unknown> => new Set(rows.map(({ id }) => id))
    assert.deepEqual(ids(await listed()), ids(letters))
    await mendMapping(t, topic)
    await replayAll()

    const inIndex = async (): Promise<void> => {
      const found = new Map<string, string>()
      for await (const { id, source } of readDocuments({ node, index: stream })) {
        assert.ok(!found.has(id), `${id} stands twice`)
        found.set(id, String(source.message))
        const number = Number(String(source.message).split(' ')[1])
        assert.equal(source['@timestamp'], new Date(readAtMs + number).toISOString(), 'the time stays')
      }
      assert.deepEqual(found, expected)
    }
    await inIndex()
    assert.deepEqual(await listed(), [])
    const done = await listed('--state', 'replayed')
    assert.equal(done.length, 2 * conflicts)

    // Again, by name: a second time there is nothing to write.
    const again = await logctl('replay', ...done.slice(0, 20).map(({ letter }) => String(letter)))
    assert.equal(again.code, 0, again.stderr)
    await drained()
    await inIndex()
    assert.equal(await countDocuments(node, stream), 2 * recordsOfEach)
    assert.equal(await transfer.stop(), 0)
  },
)
