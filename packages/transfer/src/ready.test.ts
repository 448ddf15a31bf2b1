import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { loadSettings } from '@logpipe/config'
import { isLogpipeError, silentLogger } from '@logpipe/runtime'
import { closeAfter, freePort, KafkaProxy, randomName, TcpProxy, testServers, waitFor } from '@logpipe/testkit'
import { runTransfer } from './run.ts'
import { produce, testCluster, testTopic } from './test-kafka.ts'

interface Running {
  readyz(): Promise<{ ready: boolean; reason?: string }>
  send(message: string): Promise<void>
}

/** A transfer of one topic, with these addresses, that is ready. */
async function running(t: TestContext, brokers: readonly string[], node: string): Promise<Running> {
  const cluster = testCluster(t)
  const topic = randomName('ready')
  await testTopic(t, cluster, topic, 1)
  const port = await freePort()
  const loaded = loadSettings('transfer', {
    env: {},
    flags: {
      'kafka.brokers': brokers.join(','),
      'kafka.topics': topic,
      'kafka.group': topic,
      'kafka.sessionTimeoutMs': '6000',
      'elasticsearch.nodes': node,
      'elasticsearch.requestTimeoutMs': '2000',
      'http.listen': `127.0.0.1:${port}`,
    },
  })
  assert.ok(loaded.ok)
  const stop = new AbortController()
  const ended = runTransfer(loaded.settings, silentLogger, stop.signal)
  closeAfter(t, async () => {
    stop.abort()
    await ended.catch((error: unknown) => {
      if (!isLogpipeError(error, 'aborted')) throw error
    })
  })
  const readyz = async (): Promise<{ ready: boolean; reason?: string }> =>
    (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { ready: boolean; reason?: string }
  await waitFor(async () => (await readyz().catch(() => null))?.ready === true, { what: 'the transfer to be ready' })
  return {
    readyz,
    send: (message) => produce(cluster, topic, 0, [{ value: Buffer.from(message), timestampMs: Date.now() }]),
  }
}

test('/readyz says that Elasticsearch fails while it runs, and that it is well again', async (t) => {
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const proxy = await TcpProxy.start(t, elasticsearchNodes[0] ?? '')
  const { readyz, send } = await running(t, kafkaBrokers, `http://${proxy.address}`)
  await send('one')
  proxy.suspend()
  await send('two')
  await waitFor(async () => !(await readyz()).ready, { what: 'readyz to tell', deadlineMs: 30_000 })
  assert.match((await readyz()).reason ?? '', /^Elasticsearch has taken nothing since 2\d\d\d-.*: .*gave no answer/)
  proxy.resume()
  await waitFor(async () => (await readyz()).ready, { what: 'readyz to be well', deadlineMs: 30_000 })
})

test('the same of Kafka', async (t) => {
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const kafka = await KafkaProxy.start(t, kafkaBrokers)
  const { readyz } = await running(t, kafka.addresses, elasticsearchNodes[0] ?? '')
  await kafka.refuse()
  await waitFor(async () => !(await readyz()).ready, { what: 'readyz to tell', deadlineMs: 40_000 })
  assert.match((await readyz()).reason ?? '', /^Nothing can be read from Kafka since 2\d\d\d-.*: ./)
  await kafka.heal()
  await waitFor(async () => (await readyz()).ready, { what: 'readyz to be well', deadlineMs: 40_000 })
})
