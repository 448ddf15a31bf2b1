import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { documentId, foreignDocumentId } from '@logpipe/config'
import { Cluster, encodeRecords, groupByBytes, type PlainRecord, Producer, recordBytes } from '@logpipe/kafka'
import {
  closeAfter,
  countDocuments,
  elasticsearch,
  LogDir,
  randomName,
  type Ran,
  readDocuments,
  runProgram,
  startAgent,
  startTransfer,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { isCommitted } from './lib/committed.ts'
import { emptyStream } from './lib/empty-stream.ts'
import { freshTopic } from './lib/fresh-topic.ts'

const { kafkaBrokers, elasticsearchNodes } = testServers()
const node = elasticsearchNodes[0] ?? ''

/** One in a hundred of so many lines of an agent, and of so many records of another producer, conflicts. */
const recordsOfEach = 5_000
const conflictEvery = 100
const conflicts = (2 * recordsOfEach) / conflictEvery
const partitions = 3
/** Most that the topic of the dead letters takes, and a text that no compression makes so small. */
const letterBytes = 5_000
const noise = Array.from({ length: 300 }, (_, i) => createHash('sha256').update(`${i}`).digest('hex')).join('')
/** Not so long ago that Kafka's retention takes the records while they are looked at. */
const readAtMs = Date.now() - 3_600_000
const sourceId = 'AAAAAAAAAAAAAAAA'

const conflicting = (i: number): boolean => i % conflictEvery === conflictEvery - 1

/** One of those that conflict is larger than the topic of the dead letters takes. */
function ownText(i: number): string {
  return i === conflictEvery - 1 ? `line ${i} ${noise}` : `line ${i}`
}

/** A conflicting one has a label that the index takes for a number. */
function ownRecord(i: number): PlainRecord {
  const fields = conflicting(i) ? { 'shop.cart': 'full' } : { shop: 'open' }
  const source = { id: sourceId, host: 'h', ip: '10.0.0.1', path: '/var/log/shop.log', entry: 'e', fields }
  return {
    key: Buffer.from(sourceId),
    value: Buffer.from(ownText(i)),
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

async function putMapping(topic: string, properties: object): Promise<void> {
  await elasticsearch(node, 'PUT', `/_index_template/${topic}`, {
    index_patterns: [`logs-${topic}-*`],
    priority: 900,
    data_stream: {},
    template: { mappings: { properties } },
  })
}

/** A mapping that somebody made, which does not fit all lines. */
async function breakMapping(t: TestContext, topic: string): Promise<void> {
  closeAfter(t, () => elasticsearch(node, 'DELETE', `/_index_template/${topic}`))
  await putMapping(topic, { labels: { properties: { shop_cart: { type: 'long' } } } })
}

/** What a person would do: a template in which all forms have their place, and a new index behind the stream. */
async function mendMapping(topic: string): Promise<void> {
  await putMapping(topic, { labels: { type: 'object', dynamic: true }, status: { type: 'object', enabled: false } })
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
    await breakMapping(t, topic)
    await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, t.signal)
    const configs = { 'max.message.bytes': String(letterBytes) }
    await cluster.ensureTopic(`${topic}.dlq`, { partitions, replication: 'auto', configs }, t.signal)
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
        expected.set(documentId(sourceId, i * 10), ownText(i))
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
    assert.equal(letters.filter(({ truncatedBytes }) => truncatedBytes !== undefined).length, 1)
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
    await mendMapping(topic)
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

test(
  'lines that an agent put away as too long come into the index as their pieces, each once',
  { timeout: 120_000 },
  async (t) => {
    const topic = freshTopic(t)
    const letterTopic = `${topic}.dlq`
    const marks = randomName('marks')
    const stream = `logs-${topic}-default`
    const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'e2e' })
    closeAfter(t, async () => {
      for (const name of [letterTopic, marks]) await cluster.deleteTopic(name, AbortSignal.timeout(10_000))
      await cluster.close()
      await emptyStream(node, stream)
    })
    const dir = LogDir.create(t)
    const maxLineBytes = 1_024
    const long = Array.from({ length: 5 }, (_, i) => `${i}${noise.slice(0, 2_500)}`)
    const lines = Array.from({ length: 500 }, (_, i) => (i % 100 === 50 ? (long[(i - 50) / 100] ?? '') : `line ${i}`))
    dir.append('app.log', `${lines.join('\n')}\n`)
    const entries = [{ path: dir.file('*.log'), topic, maxLineBytes, onLongLine: 'deadLetter' }]
    await startAgent(t, { kafka: { brokers: kafkaBrokers }, entries })
    await startTransfer(t, {
      kafka: { brokers: kafkaBrokers, group: topic, topics: [topic], topicRefreshMs: 200 },
      elasticsearch: { nodes: [node], bulkAgeMs: 50 },
      commitMs: 100,
    })
    const indexed = async (): Promise<number> => {
      await elasticsearch(node, 'POST', `/${stream}/_refresh?ignore_unavailable=true&allow_no_indices=true`)
      return countDocuments(node, stream)
    }
    const short = lines.length - long.length
    await waitFor(async () => (await indexed()) === short, { what: 'the short lines', deadlineMs: 60_000 })

    const args = ['dlq', 'replay', '--topic', topic, '--stage', 'agent']
    const env = { LOGCTL_KAFKA: kafkaBrokers.join(','), LOGCTL_DLQ_MARKS: marks }
    const replayed = await runProgram('logctl', { args, env })
    assert.equal(replayed.code, 0, replayed.stderr)
    const text = lines.join('\n')
    const piecesOf = Math.ceil((long[0]?.length ?? 0) / maxLineBytes)
    const all = short + long.length * piecesOf
    await waitFor(async () => (await indexed()) === all, { what: `all ${all} documents`, deadlineMs: 30_000 })
    let found = 0
    for await (const { source } of readDocuments({ node, index: stream })) {
      const { offset } = source.log as { offset: number }
      const message = String(source.message)
      assert.equal(text.slice(offset, offset + message.length), message, 'each piece stands at its offset')
      found += message.length
    }
    assert.equal(found, lines.join('').length)
  },
)
