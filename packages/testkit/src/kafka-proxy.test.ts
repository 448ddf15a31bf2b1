import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { closeAfter } from './closing.ts'
import { KafkaProxy } from './kafka-proxy.ts'
import { randomName, testServers } from './servers.ts'
import { readTopic } from './topic-lines.ts'
import { waitFor } from './wait-for.ts'

const { kafkaBrokers: brokers } = testServers()

test('a producer stays behind the proxy, feels what it does, and goes on when it is healed', async (t) => {
  const topic = randomName('testkit')
  const proxy = await KafkaProxy.start(t, brokers)
  const cluster = new Cluster({ brokers: proxy.addresses, clientId: 'testkit' })
  closeAfter(t, () => cluster.close())
  const producer = new Producer(cluster, {})
  closeAfter(t, () => producer.close())
  await cluster.ensureTopic(topic, { partitions: 1, replication: 1 }, t.signal)
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  const send = async (text: string): Promise<unknown> => {
    const encoder = new RecordBatchEncoder(1_000)
    encoder.reset()
    encoder.appendRecord({ value: Buffer.from(text) })
    return producer.send(topic, 0, await encoder.seal('none'))
  }
  const arrived = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const { value } of readTopic({ brokers, topic })) found.push(String(value))
    return found
  }

  await send('before')
  await proxy.refuse()
  let isSent = false
  const sent = send('while it refuses').then(() => (isSent = true))
  await waitFor(() => producer.retries > 0, { what: 'the producer to try again' })
  assert.deepEqual([isSent, await arrived()], [false, ['before']])
  await proxy.heal()
  await sent

  proxy.holdAnswers()
  let isAnswered = false
  const answered = send('answers held').then(() => (isAnswered = true))
  await waitFor(async () => (await arrived()).length === 3, { what: 'the record to arrive, unanswered' })
  assert.equal(isAnswered, false)
  await proxy.heal()
  await answered
  assert.deepEqual(await arrived(), ['before', 'while it refuses', 'answers held'])
})
