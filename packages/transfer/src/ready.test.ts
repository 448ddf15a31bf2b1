import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from '@logpipe/config'
import { isLogpipeError, silentLogger } from '@logpipe/runtime'
import { closeAfter, freePort, randomName, TcpProxy, testServers, waitFor } from '@logpipe/testkit'
import { runTransfer } from './run.ts'
import { produce, testCluster, testTopic } from './test-kafka.ts'

test('/readyz says which server fails while it runs, and that it is well again', async (t) => {
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const cluster = testCluster(t)
  const topic = randomName('ready')
  await testTopic(t, cluster, topic, 1)
  const proxy = await TcpProxy.start(t, elasticsearchNodes[0] ?? '')
  const port = await freePort()
  const loaded = loadSettings('transfer', {
    env: {},
    flags: {
      'kafka.brokers': kafkaBrokers.join(','),
      'kafka.topics': topic,
      'kafka.group': topic,
      'elasticsearch.nodes': `http://${proxy.address}`,
      'elasticsearch.requestTimeoutMs': '2000',
      'http.listen': `127.0.0.1:${port}`,
    },
  })
  assert.ok(loaded.ok)
  const stop = new AbortController()
  const running = runTransfer(loaded.settings, silentLogger, stop.signal)
  closeAfter(t, async () => {
    proxy.resume()
    stop.abort()
    await running.catch((error: unknown) => {
      if (!isLogpipeError(error, 'aborted')) throw error
    })
  })
  const readyz = async (): Promise<{ ready: boolean; reason?: string }> =>
    (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { ready: boolean; reason?: string }
  await waitFor(async () => (await readyz().catch(() => null))?.ready === true, { what: 'the transfer to be ready' })
  const send = (message: string): Promise<unknown> =>
    produce(cluster, topic, 0, [{ value: Buffer.from(message), timestampMs: Date.now() }])

  await send('one')
  proxy.suspend()
  await send('two')
  await waitFor(async () => !(await readyz()).ready, { what: 'readyz to tell', deadlineMs: 30_000 })
  assert.match((await readyz()).reason ?? '', /^Elasticsearch has taken nothing since 2\d\d\d-.*: .*gave no answer/)
  proxy.resume()
  await waitFor(async () => (await readyz()).ready, { what: 'readyz to be well', deadlineMs: 30_000 })
})
