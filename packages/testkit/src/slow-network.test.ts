import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { Cluster, type EncodedBatch, Producer, RecordBatchEncoder, TopicReader } from '@logpipe/kafka'
import { closeAfter } from './closing.ts'
import { KafkaProxy } from './kafka-proxy.ts'
import { randomName, testServers } from './servers.ts'
import { readTopic } from './topic-lines.ts'

// The proxy decides where this stands: the package that is tested cannot use it, since it is made of that package.

const { kafkaBrokers: brokers } = testServers()
const requestTimeoutMs = 2_000
/** Far more than the buffers of the network take at once, which nobody sees being emptied. */
const batchBytes = 24_000_000
/** So that a batch takes longer than a request may be silent, and what those buffers hold takes half as long. */
const bytesPerSecond = 6_000_000

async function batch(): Promise<EncodedBatch> {
  const encoder = new RecordBatchEncoder(batchBytes)
  encoder.reset()
  encoder.appendRecord({ value: randomBytes(batchBytes - 1_000) })
  return encoder.seal('none')
}

interface Slow {
  topic: string
  proxy: KafkaProxy
  cluster: Cluster
}

/** A client behind a proxy that is still fast, and a topic. */
async function slow(t: TestContext): Promise<Slow> {
  const topic = randomName('testkit')
  const proxy = await KafkaProxy.start(t, brokers)
  const direct = new Cluster({ brokers, clientId: 'testkit' })
  closeAfter(t, () => direct.close())
  const configs = { 'max.message.bytes': String(2 * batchBytes) }
  await direct.ensureTopic(topic, { partitions: 1, replication: 1, configs }, t.signal)
  closeAfter(t, () => direct.deleteTopic(topic, AbortSignal.timeout(10_000)))
  const cluster = new Cluster({ brokers: proxy.addresses, clientId: 'testkit', requestTimeoutMs })
  closeAfter(t, () => cluster.close())
  return { topic, proxy, cluster }
}

test('a batch that takes longer than the deadline of a request to come is fetched at the first try', async (t) => {
  const { topic, proxy, cluster } = await slow(t)
  const producer = new Producer(cluster)
  closeAfter(t, () => producer.close())
  await producer.send(topic, 0, await batch())
  proxy.brokers[0]?.setBandwidth(bytesPerSecond)
  const reader = new TopicReader(cluster).open(topic, 0, 0)
  const batches = await reader.fetch(AbortSignal.timeout(20_000))
  assert.deepEqual(
    batches.map(({ recordCount }) => recordCount),
    [1],
  )
})

test('a batch that takes longer than the deadline of a request to go is sent once', async (t) => {
  const { topic, proxy, cluster } = await slow(t)
  const producer = new Producer(cluster)
  closeAfter(t, () => producer.close())
  proxy.brokers[0]?.setBandwidth(bytesPerSecond)
  await producer.send(topic, 0, await batch(), AbortSignal.timeout(20_000))
  assert.equal(producer.retries, 0)
  let records = 0
  for await (const _ of readTopic({ brokers, topic })) records++
  assert.equal(records, 1)
})

test('a broker that is silent for that long in the middle of an answer is given up, and asked anew', async (t) => {
  const { topic, proxy, cluster } = await slow(t)
  const producer = new Producer(cluster)
  closeAfter(t, () => producer.close())
  await producer.send(topic, 0, await batch())
  proxy.brokers[0]?.setBandwidth(bytesPerSecond)
  const reader = new TopicReader(cluster).open(topic, 0, 0)
  const fetched = reader.fetch(AbortSignal.timeout(20_000))
  await new Promise((resolve) => setTimeout(resolve, requestTimeoutMs / 2))
  proxy.brokers[0]?.strand()
  proxy.brokers[0]?.setBandwidth(Infinity)
  assert.deepEqual(await fetched, [])
  assert.equal((await reader.fetch(AbortSignal.timeout(20_000))).length, 1)
})
