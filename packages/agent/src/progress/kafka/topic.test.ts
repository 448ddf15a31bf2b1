import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { closeAfter, freePort, readTopic, testServers } from '@logpipe/testkit'
import { testTopic } from '../../testing/topic.ts'
import { ProgressTopic } from './topic.ts'

const { kafkaBrokers: brokers } = testServers()

test(
  'the topic is made where it is missing, and made again where somebody deletes it',
  { timeout: 60_000 },
  async (t) => {
    const topic = testTopic(t, 'logpipe.progress')
    const cluster = new Cluster({ brokers, clientId: 'test' })
    closeAfter(t, () => cluster.close())
    await cluster.ping(t.signal)
    const sink = new ProgressTopic(cluster, topic, 'auto', 1_000)
    closeAfter(t, async () => sink.close())
    await sink.put('web-1', 'one', t.signal)
    await sink.put('web-1', 'two', t.signal)
    assert.equal(await cluster.partitionCount(topic, t.signal), 1)
    const values: string[] = []
    for await (const { value } of readTopic({ brokers, topic })) values.push(String(value))
    assert.deepEqual(values, ['one', 'two'])

    await cluster.deleteTopic(topic, t.signal)
    // The broker takes a moment to forget it; the next look writes.
    for (let tries = 0; ; tries++) {
      try {
        await sink.put('web-1', 'three', t.signal)
        break
      } catch (error) {
        if (tries === 3) throw error
      }
    }
    for await (const { value } of readTopic({ brokers, topic })) assert.equal(String(value), 'three')
  },
)

test('without Kafka it gives up with a reason, and at once where it is told to', { timeout: 30_000 }, async (t) => {
  const cluster = new Cluster({ brokers: [`127.0.0.1:${await freePort()}`], clientId: 'test' })
  closeAfter(t, () => cluster.close())
  const sink = new ProgressTopic(cluster, 'logpipe.progress', 'auto')
  closeAfter(t, async () => sink.close())
  await assert.rejects(sink.put('web-1', 'one', t.signal), { code: 'kafka_unavailable', message: /No Kafka broker/ })
  const stop = new AbortController()
  const put = sink.put('web-1', 'one', stop.signal)
  stop.abort()
  await assert.rejects(put, { code: /aborted|kafka_unavailable/ })
})
