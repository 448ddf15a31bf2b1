import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Cluster, type EncodedBatch, RecordBatchEncoder } from '@logpipe/kafka'
import { closeAfter, randomName, readTopic, testServers } from '@logpipe/testkit'
import { senderConformance, type SenderUnderTest } from '../sender.conformance.ts'
import { KafkaSender } from './sender.ts'

const { kafkaBrokers: brokers } = testServers()
/** Kafka's own default is 1 MiB and a bit. */
const maxBatchBytes = 1_100_000

async function make(t: TestContext): Promise<SenderUnderTest> {
  const topic = randomName('agent_sender')
  const cluster = new Cluster({ brokers, clientId: 'agent-test' })
  closeAfter(t, () => cluster.close())
  const sender = new KafkaSender(cluster, { partitions: 1, replication: 'auto' }, '.dlq')
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  closeAfter(t, () => sender.close())
  const values = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const { value } of readTopic({ brokers, topic })) found.push(value?.toString() ?? '')
    return found
  }
  return { sender, topic, maxBatchBytes, values }
}

async function batchOf(value: string): Promise<EncodedBatch> {
  const encoder = new RecordBatchEncoder(4_194_304)
  encoder.reset()
  assert.ok(encoder.appendRecord({ value: Buffer.from(value) }))
  return encoder.seal('none')
}

senderConformance('kafka', make)

test('what is called back when a batch before it is refused is not written, and can be sent behind what replaces that', async (t) => {
  const { sender, topic, values } = await make(t)
  await sender.partitions(topic, t.signal)
  const target = { topic, partition: 0, acks: 'all' } as const
  await sender.send(target, await batchOf('first'), t.signal)
  const callBack = new AbortController()
  const refused = sender.send(target, await batchOf('x'.repeat(maxBatchBytes)), t.signal)
  const behind = ['a', 'b', 'c'].map(async (value) => sender.send(target, await batchOf(value), callBack.signal))
  await assert.rejects(refused, { code: 'kafka_record_too_large' })
  callBack.abort()
  for (const sent of behind) await assert.rejects(sent, { code: 'aborted' })
  for (const value of ['parts', 'a', 'b', 'c']) await sender.send(target, await batchOf(value), t.signal)
  assert.deepEqual(await values(), ['first', 'parts', 'a', 'b', 'c'])
})

test('a topic of dead letters is made so that it takes what its topic finds too large', async (t) => {
  const { sender, topic } = await make(t)
  const cluster = new Cluster({ brokers, clientId: 'agent-test' })
  closeAfter(t, () => cluster.close())
  closeAfter(t, () => cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000)))
  await sender.partitions(`${topic}.dlq`, t.signal)
  const target = { topic: `${topic}.dlq`, partition: 0, acks: 'all' } as const
  await sender.send(target, await batchOf('x'.repeat(maxBatchBytes)), t.signal)
})
