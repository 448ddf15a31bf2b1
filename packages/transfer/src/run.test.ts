import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { documentId, loadSettings, type TransferSettings } from '@logpipe/config'
import type { PlainRecord } from '@logpipe/kafka'
import { isLogpipeError, silentLogger } from '@logpipe/runtime'
import {
  closeAfter,
  countDocuments,
  freePort,
  randomName,
  readDocuments,
  runProgram,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { runTransfer } from './run.ts'
import { produce, testCluster, testTopic } from './test-kafka.ts'

function settingsFor(flags: Record<string, string>): TransferSettings {
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const loaded = loadSettings('transfer', {
    env: {},
    flags: {
      'kafka.brokers': kafkaBrokers.join(','),
      'elasticsearch.nodes': elasticsearchNodes.join(','),
      'elasticsearch.bulkAgeMs': '20',
      commitMs: '50',
      'http.listen': '127.0.0.1:0',
      ...flags,
    },
  })
  assert.ok(loaded.ok)
  return loaded.settings
}

/** A transfer in this process. */
function start(t: TestContext, settings: TransferSettings): { stop: () => Promise<void> } {
  const stop = new AbortController()
  const running = runTransfer(settings, silentLogger, stop.signal)
  const end = async (): Promise<void> => {
    stop.abort()
    await running.catch((error: unknown) => {
      if (!isLogpipeError(error, 'aborted')) throw error
    })
  }
  closeAfter(t, end)
  return { stop: end }
}

function line(message: string | null, offset: number, fields?: Record<string, string>): PlainRecord {
  const source = {
    id: 'AAAAAAAAAAAAAAAA',
    host: 'h',
    ip: '10.0.0.1',
    path: '/var/log/x.log',
    entry: 'e',
    ...(fields && { fields }),
  }
  return {
    value: message === null ? null : Buffer.from(message),
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify(source)) },
      { key: 'offset', value: Buffer.from(String(offset)) },
    ],
  }
}

test('every record ends where it belongs: in the index, in the dead letters, or nowhere for a tombstone', async (t) => {
  const cluster = testCluster(t)
  const topic = randomName('run')
  await testTopic(t, cluster, topic, 2)
  closeAfter(t, () => cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000)))
  const settings = settingsFor({ 'kafka.topics': topic, 'kafka.group': topic })
  const index = `logs-${topic}-default`
  const node = testServers().elasticsearchNodes[0] as string
  const end = async (offsets: [number, number]): Promise<void> => {
    const partitions = [0, 1].map((partition) => ({ topic, partition }))
    await waitFor(
      async () => {
        const committed = await cluster.committedOffsets(topic, partitions, t.signal)
        return offsets.every((offset, partition) => committed.get(`${topic}:${partition}`)?.offset === offset)
      },
      { what: `the commit of ${offsets.join(' and ')}`, deadlineMs: 30_000 },
    )
  }

  const foreignMs = Date.now() - 1_000
  await produce(cluster, topic, 0, [line('one', 0), line('with label', 4, { a: 'x' }), line(null, 15)])
  await produce(cluster, topic, 1, [
    { value: Buffer.from('{"message":"of others","n":{"a.b":1}}'), timestampMs: foreignMs },
  ])
  const first = start(t, settings)
  await end([3, 1])
  // `n.a.b` is a number by now; an object in its place is refused by the real mapping.
  const refused = { value: Buffer.from('{"message":"refused","n":{"a":{"b":{"c":1}}}}'), timestampMs: Date.now() }
  await produce(cluster, topic, 0, [refused, line('two', 30)])
  await end([5, 1])
  await first.stop()

  // The same lines sent again, as after a crash of the agent, make no second document.
  await produce(cluster, topic, 1, [line('one', 0), line('three', 40)])
  start(t, settings)
  await end([5, 3])

  const documents: Record<string, unknown> = {}
  for await (const { id, source } of readDocuments({ node, index })) documents[id] = source['message']
  const id = (offset: number): string => documentId('AAAAAAAAAAAAAAAA', offset)
  assert.deepEqual(documents, {
    [id(0)]: 'one',
    [id(4)]: 'with label',
    [id(30)]: 'two',
    [id(40)]: 'three',
    [`${topic}-1-0-${foreignMs}`]: 'of others',
  })
  const letters = await cluster.listOffsets([{ topic: `${topic}.dlq`, partition: 0 }], 'latest', t.signal)
  assert.equal(letters.get(`${topic}.dlq:0`), 1)
  assert.equal(await countDocuments(node, index), 5)
})

test('while a server is away, /readyz says which, and the transfer waits', async (t) => {
  const port = await freePort()
  const away = await freePort()
  const settings = settingsFor({
    'kafka.topics': 'none',
    'http.listen': `127.0.0.1:${port}`,
    'elasticsearch.nodes': `http://127.0.0.1:${away}`,
  })
  start(t, settings)
  const readyz = async (): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`)
    return { status: response.status, text: await response.text() }
  }
  const forElasticsearch = async (): Promise<boolean> => (await readyz()).text.includes('Waiting for Elasticsearch.')
  await waitFor(forElasticsearch, { what: 'an answer of Kafka, so that only Elasticsearch is missing' })
  assert.equal((await readyz()).status, 503)
})

test('a port that is taken is told in one sentence', async (t) => {
  const port = await freePort()
  const settings = settingsFor({ 'kafka.topics': 'none', 'http.listen': `127.0.0.1:${port}` })
  start(t, settings)
  await waitFor(() => fetch(`http://127.0.0.1:${port}/healthz`), { what: 'the first one' })
  await assert.rejects(runTransfer(settings, silentLogger, t.signal), (error) => isLogpipeError(error, 'port_taken'))
})

test('wrong settings: every fault at once, exit 2, nothing started', async () => {
  const ran = await runProgram('logtransfer', { args: ['run', '--kafka.broker', 'x', '--elasticsearch.nodes', 'y'] })
  assert.equal(ran.code, 2)
  assert.match(ran.stderr, /kafka\.broker is not a setting; did you mean 'kafka\.brokers'\?/)
  assert.match(ran.stderr, /elasticsearch\.nodes/)
  assert.match(ran.stderr, /kafka is missing/)
})
