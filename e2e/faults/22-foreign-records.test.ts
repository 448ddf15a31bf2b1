import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import kafkajs, { type Message } from 'kafkajs'
import { closeAfter, type Scope, testServers, waitFor } from '@logpipe/testkit'
import { writeByKcat } from '../lib/other-producers.ts'
import { TransferRun } from '../lib/transfer-run.ts'
import { timeout } from './figures.ts'

const brokers = testServers().kafkaBrokers
const partitions = 2
const longBytes = 5 * 1_048_576
const source = { id: 'AAAAAAAAAAAAAAAA', host: 'elsewhere', ip: '10.0.0.9', path: '/x', entry: 'x' }
const asSource = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Headers that are not the agent's, though they have its names. */
const wrongHeaders: Record<string, Message['headers'] & object> = {
  'a source that is no JSON': { source: '{"id":', offset: '1' },
  'a source that is an array': { source: '[]', offset: '1' },
  'a source without an id': { source: asSource({ ...source, id: undefined }), offset: '1' },
  'a source with a short id': { source: asSource({ ...source, id: 'A' }), offset: '1' },
  'a source with a path as its id': { source: asSource({ ...source, id: '../../../etc/pass' }), offset: '1' },
  'a source and no offset': { source: asSource(source) },
  'a source and an offset that is negative': { source: asSource(source), offset: '-1' },
  'a source and an offset that is no number': { source: asSource(source), offset: '1e3' },
  'a source and an offset beyond 2^53': { source: asSource(source), offset: '9007199254740993' },
  'a source of bytes that are no text': { source: randomBytes(40), offset: '1' },
  'an empty source': { source: '', offset: '' },
}

/** Values that are text and whose document holds them as they are. */
const texts: Record<string, string> = {
  'a plain line': 'GET /index.html 200',
  'characters of four bytes, quotes, control characters': 'é漢😀 "q" \\ \t \u0001 \u001b[31m \u2028',
  'an empty value': '',
  'JSON that ends early': '{"level":"info","message":"cut',
  'a JSON array': '[1,2,3]',
  'a JSON string': '"text"',
  XML: '<event id="1"/>',
  'many braces': '{'.repeat(20_000),
  'a line of 5 MB': `${'long line '.repeat(longBytes / 10)}`,
}

/** JSON of other producers, and what its document must have. */
const objects: Record<string, { value: unknown; has: Record<string, unknown> }> = {
  'a flat log': { value: { level: 'warn', message: 'disk is full', took: 12 }, has: { message: 'disk is full' } },
  'without a message': { value: { event: 'signed in', user: { name: 'kim' } }, has: {} },
  "Filebeat's": {
    value: {
      '@timestamp': '2026-01-02T03:04:05.678Z',
      message: 'by filebeat',
      log: { offset: 7 },
      agent: { type: 'x' },
    },
    has: { message: 'by filebeat' },
  },
  'a message that is an object': { value: { message: { a: 1 } }, has: {} },
  'fields that are ours': {
    value: { message: 'ours', data_stream: { dataset: 'x' }, _id: 'x', tags: 7 },
    has: { message: 'ours' },
  },
  'fields without a name': { value: { message: 'no name', '': 1, '.': 2, 'a..b': 3 }, has: { message: 'no name' } },
  deep: {
    value: { message: 'deep', a: JSON.parse('{"a":'.repeat(200) + '1' + '}'.repeat(200)) as unknown },
    has: { message: 'deep' },
  },
}

const binaries = [Buffer.from([0xff, 0xfe, 0x00, 0x01]), Buffer.from('with a NUL \0 in it'), randomBytes(1_000)]
const times = { past: 0, future: Date.UTC(2100, 0, 1) }

/** Writes by kafkajs, which keeps nothing of ours: its own encoder, its own partitioner, gzip. */
async function writeByKafkajs(scope: Scope, topic: string, messages: readonly Message[]): Promise<void> {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'
  const client = new kafkajs.Kafka({ brokers, clientId: 'e2e', logLevel: kafkajs.logLevel.NOTHING })
  const producer = client.producer()
  closeAfter(scope, () => producer.disconnect())
  await producer.connect()
  for (const message of messages) {
    await producer.send({ topic, compression: kafkajs.CompressionTypes.GZIP, messages: [message] })
  }
}

test(
  'records of kafkajs and kcat that no one expects, among lines of the agent: those are in the index once, these are indexed sensibly or dead letters with the reason',
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t, {
      partitions,
      topicConfigs: {
        'max.message.bytes': '10485760',
        // What comes from 1970 is not to be thrown away at once, nor what comes from 2100 refused.
        'retention.ms': '-1',
        'message.timestamp.after.max.ms': String(2n ** 63n - 1n),
      },
    })
    const files = Array.from({ length: partitions }, () => run.open())
    const lines = (): Promise<unknown> => Promise.all(files.map((file) => file.write(500)))
    const headed = Object.entries(wrongHeaders).map(([name, headers]) => ({ value: `headed: ${name}`, headers }))
    await lines()
    await writeByKafkajs(t, run.topic, [
      ...headed,
      ...Object.values(texts).map((value) => ({ value })),
      ...Object.values(objects).map(({ value }) => ({ value: JSON.stringify(value) })),
      ...binaries.map((value) => ({ value })),
      ...Object.entries(times).map(([name, ms]) => ({ value: `time: ${name}`, timestamp: String(ms) })),
      { value: null },
      { key: 'k', value: null, headers: { source: asSource(source), offset: '1' } },
    ])
    await lines()
    await writeByKcat(t, brokers, run.topic, [
      { value: 'kcat: plain' },
      { value: '', key: 'tombstone' },
      { value: 'kcat: headed', key: 'k', headers: { source: 'kcat', offset: 'x' } },
      { value: '{"message":"kcat: json","level":"info"}' },
    ])
    await lines()

    const letters = await run.conserved()
    assert.equal(letters.length, binaries.length)
    for (const { type, line } of letters) {
      assert.equal(type, 'binary')
      assert.ok(
        binaries.some((bytes) => bytes.equals(line)),
        'the bytes as they were',
      )
    }
    const expected = [
      ...headed.map(({ value }) => value),
      ...Object.values(texts),
      ...Object.values(objects).flatMap(({ has }) => (typeof has['message'] === 'string' ? [has['message']] : [])),
      ...Object.keys(times).map((name) => `time: ${name}`),
      'kcat: plain',
      'kcat: headed',
      'kcat: json',
    ]
    const total = headed.length + Object.keys(texts).length + Object.keys(objects).length + 2 + 3
    const found = await waitFor(
      async () => {
        const documents = await run.foreign()
        return documents.length >= total && documents
      },
      { what: `${total} foreign documents` },
    )
    assert.equal(found.length, total)
    const messages = found.map(({ source: document }) => String(document['message']))
    for (const message of expected) {
      assert.ok(messages.includes(message), `a document has the message ${message.slice(0, 60)}`)
    }
    for (const [name, ms] of Object.entries(times)) {
      const document = found.find(({ source: { message } }) => message === `time: ${name}`)?.source
      assert.equal(Date.parse(String(document?.['@timestamp'])), ms)
      assert.deepEqual(document?.['tags'], [`_time_in_${name}`])
    }
    assert.equal(await run.metric('tombstones_total'), 3)
    t.diagnostic(`${total} foreign documents beside ${run.written} lines`)
  },
)
