import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Cluster, TopicReader } from '@logpipe/kafka'
import { createMetrics, silentLogger } from '@logpipe/runtime'
import { closeAfter, randomName } from '@logpipe/testkit'
import { Events } from '../../events.ts'
import { testCluster, testTopic } from '../../test-kafka.ts'
import type { DeadLetter } from '../dead-letter.ts'
import { KafkaDeadLetters } from './dead-letters.ts'

const never = new AbortController().signal

interface Read {
  key: string | null
  value: Buffer | null
  timestampMs: number
  headers: Record<string, string>
  names: string[]
}

async function readAll(cluster: Cluster, topic: string, partition: number, count: number): Promise<Read[]> {
  const reader = new TopicReader(cluster).open(topic, partition, 0)
  const records: Read[] = []
  while (records.length < count) {
    for (const batch of await reader.fetch(AbortSignal.timeout(20_000))) {
      const cursor = await batch.open()
      while (cursor.next()) {
        const { buffer, keyStart, keyEnd, valueStart, valueEnd, timestampMs } = cursor
        records.push({
          key: keyStart < 0 ? null : buffer.toString('utf8', keyStart, keyEnd),
          value: valueStart < 0 ? null : buffer.subarray(valueStart, valueEnd),
          timestampMs,
          names: cursor.headers().map(({ key }) => key),
          headers: Object.fromEntries(cursor.headers().map(({ key, value }) => [key, String(value)])),
        })
      }
    }
  }
  return records
}

async function lettersFor(t: TestContext): Promise<{ cluster: Cluster; topic: string; letters: KafkaDeadLetters }> {
  const cluster = testCluster(t)
  const topic = randomName('letters')
  await testTopic(t, cluster, topic, 3)
  const letters = new KafkaDeadLetters(cluster, '.dlq', new Events(silentLogger, createMetrics('test')))
  closeAfter(t, () => letters.close())
  closeAfter(t, () => cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000)))
  return { cluster, topic, letters }
}

function letter(topic: string, offset: number, value: Buffer | null): DeadLetter {
  return {
    topic,
    partition: 2,
    offset,
    timestampMs: 0,
    key: Buffer.from('the key'),
    value,
    headers: [{ key: 'source', value: Buffer.from('{"id":"x"}') }],
    type: 'document_parsing_exception',
    reason: 'failed to parse – “why”',
    stage: 'sink',
    attempts: 3,
  }
}

test('a letter is the record as it was, with the reason beside it, in the partition it came from', async (t) => {
  const { cluster, topic, letters } = await lettersFor(t)
  const before = Date.now()
  await letters.write([letter(topic, 5, Buffer.from('a')), letter(topic, 7, null)], never)
  const [first, second] = await readAll(cluster, `${topic}.dlq`, 2, 2)
  assert.equal(first?.key, 'the key')
  assert.equal(first?.value?.toString(), 'a')
  assert.equal(second?.value, null)
  assert.ok(
    (first?.timestampMs ?? 0) >= before,
    'its time is now, so that retention does not take an old record at once',
  )
  const { 'dlq.at': at, ...headers } = first?.headers ?? {}
  assert.ok(Date.parse(at as string) >= before)
  assert.deepEqual(headers, {
    source: '{"id":"x"}',
    'dlq.reason': 'failed to parse – “why”',
    'dlq.type': 'document_parsing_exception',
    'dlq.stage': 'sink',
    'dlq.topic': topic,
    'dlq.partition': '2',
    'dlq.offset': '5',
    'dlq.attempts': '3',
    'dlq.timestamp': '0',
  })
  assert.equal(second?.headers['dlq.offset'], '7')
})

test('many and large letters are all stored, in order', async (t) => {
  const { cluster, topic, letters } = await lettersFor(t)
  const values = Array.from({ length: 40 }, (_, index) =>
    Buffer.alloc(index % 10 === 0 ? 900_000 : 50_000, `${index} `),
  )
  await letters.write(
    values.map((value, index) => letter(topic, index, value)),
    never,
  )
  const read = await readAll(cluster, `${topic}.dlq`, 2, values.length)
  assert.deepEqual(
    read.map(({ headers }) => Number(headers['dlq.offset'])),
    values.map((_, index) => index),
  )
  for (const [index, { value }] of read.entries()) assert.ok(value?.equals(values[index] as Buffer))
})

test('a letter that its topic finds too large is stored without its value, and says so', async (t) => {
  const { cluster, topic, letters } = await lettersFor(t)
  const configs = { 'max.message.bytes': '2000' }
  await cluster.ensureTopic(`${topic}.dlq`, { partitions: 1, replication: 'auto', configs }, t.signal)
  const noise = Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(Math.random() * 256)))
  await letters.write([letter(topic, 1, Buffer.from('small')), letter(topic, 2, noise)], never)
  const read = await readAll(cluster, `${topic}.dlq`, 0, 2)
  assert.equal(read[0]?.value?.toString(), 'small')
  assert.equal(read[1]?.value?.length, 0)
  assert.equal(read[1]?.headers['dlq.truncated'], '20000')
})

test("headers of the record that look like a letter's are left out; those of no value, and id and time of a replayed one, stay", async (t) => {
  const { cluster, topic, letters } = await lettersFor(t)
  const headers = [
    { key: 'dlq.reason', value: Buffer.from('made up') },
    { key: 'dlq.id', value: Buffer.from(`${topic}-0-1-2`) },
    { key: 'dlq.timestamp', value: Buffer.from('1600000000000') },
    { key: 'empty', value: Buffer.alloc(0) },
    { key: 'none', value: null },
  ]
  await letters.write([{ ...letter(topic, 1, Buffer.from('a')), headers }], never)
  const [read] = await readAll(cluster, `${topic}.dlq`, 2, 1)
  const { 'dlq.reason': reason, 'dlq.id': id, 'dlq.timestamp': time, empty, none } = read?.headers ?? {}
  assert.deepEqual(
    { reason, id, time, empty, none },
    {
      reason: 'failed to parse – “why”',
      id: `${topic}-0-1-2`,
      time: '1600000000000',
      empty: '',
      none: 'null',
    },
  )
  assert.equal(read?.names.filter((name) => name === 'dlq.reason').length, 1)
})

test('a topic of letters that was deleted is made again, though each try is given up before Kafka is sure that it is gone', async (t) => {
  const { cluster, topic, letters } = await lettersFor(t)
  await letters.write([letter(topic, 1, Buffer.from('a'))], never)
  await cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000))
  const writeBriefly = (): Promise<boolean> =>
    letters.write([letter(topic, 2, Buffer.from('b'))], AbortSignal.timeout(2_000)).then(
      () => true,
      () => false,
    )
  let isWritten = false
  for (let tries = 0; tries < 5 && !isWritten; tries++) isWritten = await writeBriefly()
  assert.ok(isWritten, 'no try stored the letter')
  const [read] = await readAll(cluster, `${topic}.dlq`, 2, 1)
  assert.equal(read?.headers['dlq.offset'], '2')
})
