import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { closeAfter } from './closing.ts'
import { LineGenerator } from './line-generator.ts'
import { randomRun } from './line.ts'
import { assertConserved, Oracle } from './oracle.ts'
import { randomName, testServers } from './servers.ts'
import { readTopic, readTopicLines, type TopicRecord } from './topic-lines.ts'

const { kafkaBrokers: brokers } = testServers()

test('a planted missing, doubled, corrupted and out-of-order line is found in a topic', async (t) => {
  const cluster = new Cluster({ brokers, clientId: 'testkit' })
  const producer = new Producer(cluster, {})
  closeAfter(t, () => cluster.close())
  closeAfter(t, () => producer.close())
  const topic = randomName('testkit')
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  await cluster.ensureTopic(topic, { partitions: 2, replication: 1 }, t.signal)
  const run = randomRun()
  const source = { id: 'AAAAAAAAAAAAAAAA', host: 'h', ip: '127.0.0.1', path: '/a', entry: 'e' }
  const write = async (partition: number, file: number, plant: (lines: string[]) => string[]): Promise<void> => {
    const generator = new LineGenerator({ run, file })
    const lines = plant(Array.from({ length: 10 }, () => generator.line()))
    const encoder = new RecordBatchEncoder(1 << 20)
    encoder.reset()
    for (const line of lines) {
      const headers = [
        { key: 'source', value: Buffer.from(JSON.stringify(source)) },
        { key: 'offset', value: Buffer.from('7') },
      ]
      assert.equal(encoder.appendRecord({ value: Buffer.from(line), headers }), true)
    }
    await producer.send(topic, partition, await encoder.seal('zstd'))
  }
  const judge = async (): Promise<ReturnType<Oracle['verdict']>> => {
    const oracle = new Oracle(run)
    oracle.expect(0, 10)
    oracle.expect(1, 10)
    return oracle.check(readTopicLines({ brokers, topic }))
  }

  await write(0, 0, (lines) => lines)
  assert.equal((await judge()).missing, 10)
  await write(1, 1, (lines) => {
    const [a = '', b = '', c = '', d = '', ...rest] = lines
    return [b, a, c, c, d.slice(1), ...rest.slice(1)]
  })
  const verdict = await judge()
  const { missing, doubled, corrupted, outOfOrder } = verdict
  // The corrupted line is missing too: it was not found whole.
  assert.deepEqual({ missing, doubled, corrupted, outOfOrder }, { missing: 2, doubled: 1, corrupted: 1, outOfOrder: 1 })
  assert.throws(() => assertConserved(verdict, { copiesAllowed: true }))

  const records: TopicRecord[] = []
  for await (const record of readTopic({ brokers, topic, headers: ['offset', 'absent'] })) records.push(record)
  assert.equal(records.length, 20)
  assert.deepEqual(records[0]?.source, source)
  assert.equal(records[0]?.lineOffset, 7)
  assert.deepEqual(records[0]?.headers, { offset: '7' })
})
