import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { formatFaults, loadSettings } from '@logpipe/config'
import { isLogpipeError, silentLogger } from '@logpipe/runtime'
import { closeAfter, freePort, influxql, randomName, testInfluxdb, testServers, waitFor } from '@logpipe/testkit'
import { runTransfer } from './run.ts'
import { produce, testCluster, testTopic } from './test-kafka.ts'

interface Running {
  readonly influxdb: string
  readonly database: string
  /** Of the transfer's own endpoint. */
  readonly url: string
  committed(topic: string): Promise<number | undefined>
}

/** A transfer whose topics hold a point each, the first of them for InfluxDB; resolves when that one is there. Runs until the test ends. */
async function run(t: TestContext, topics: readonly string[], more: Record<string, string>): Promise<Running> {
  const influxdb = await testInfluxdb(t)
  const cluster = testCluster(t)
  const [points = ''] = topics
  for (const topic of topics) {
    await testTopic(t, cluster, topic)
    await produce(cluster, topic, 0, [{ value: Buffer.from('load n=1i'), timestampMs: Date.now() }])
  }
  const database = randomName('run')
  closeAfter(t, async () => void (await influxql(influxdb, `DROP DATABASE "${database}"`)))
  const port = await freePort()
  const loaded = loadSettings('transfer', {
    env: {},
    flags: {
      'kafka.brokers': testServers().kafkaBrokers.join(','),
      'kafka.topics': topics.join(','),
      'kafka.group': points,
      routes: JSON.stringify([{ topics: [points], sink: 'influxdb' }]),
      'influxdb.url': influxdb,
      'influxdb.database': database,
      'influxdb.bulkAgeMs': '20',
      'http.listen': `127.0.0.1:${port}`,
      commitMs: '50',
      ...more,
    },
  })
  assert.ok(loaded.ok, loaded.ok ? '' : formatFaults(loaded.faults))
  const stop = new AbortController()
  const running = runTransfer(loaded.settings, silentLogger, stop.signal)
  closeAfter(t, async () => {
    stop.abort()
    await running.catch((error: unknown) => {
      if (!isLogpipeError(error, 'aborted')) throw error
    })
  })
  const committed = async (topic: string): Promise<number | undefined> => {
    const offsets = await cluster.committedOffsets(points, [{ topic, partition: 0 }], t.signal)
    return offsets.get(`${topic}:0`)?.offset
  }
  await waitFor(async () => (await committed(points)) === 1, { what: 'the commit of the point', deadlineMs: 30_000 })
  return { influxdb, database, url: `http://127.0.0.1:${port}`, committed }
}

test('while Elasticsearch is away, what goes to InfluxDB goes on, and /readyz says who is missing', async (t) => {
  const lines = randomName('lines')
  const { influxdb, database, url, committed } = await run(t, [randomName('points'), lines], {
    'elasticsearch.nodes': `http://127.0.0.1:${await freePort()}`,
    // What waits for Elasticsearch is given up at the end.
    drainMs: '100',
  })
  assert.deepEqual(
    (await influxql(influxdb, 'SELECT n FROM load', database)).map(({ n }) => n),
    [1],
  )
  assert.equal((await committed(lines)) ?? 0, 0)
  const response = await fetch(`${url}/readyz`)
  assert.equal(response.status, 503)
  assert.match(await response.text(), /Waiting for Elasticsearch\./)
})

test('a transfer whose topics all go to InfluxDB runs and is ready without an elasticsearch in its settings', async (t) => {
  const { influxdb, database, url } = await run(t, [randomName('points')], {})
  assert.deepEqual(
    (await influxql(influxdb, 'SELECT n FROM load', database)).map(({ n }) => n),
    [1],
  )
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
})

test('the metrics of what a sink took, and how long it needed, name the sink', async (t) => {
  const lines = randomName('lines')
  const { url, committed } = await run(t, [randomName('points'), lines], {
    'elasticsearch.nodes': testServers().elasticsearchNodes.join(','),
    'elasticsearch.bulkAgeMs': '20',
  })
  const [node = ''] = testServers().elasticsearchNodes
  t.after(() => fetch(`${node}/_data_stream/logs-${lines}-default`, { method: 'DELETE' }))
  await waitFor(async () => (await committed(lines)) === 1, { what: 'the commit of the line', deadlineMs: 30_000 })
  const text = await (await fetch(`${url}/metrics`)).text()
  for (const sink of ['influxdb', 'elasticsearch']) {
    assert.match(text, new RegExp(`^logtransfer_documents_accepted_total{sink="${sink}"} 1$`, 'm'))
    assert.match(text, new RegExp(`^logtransfer_documents_retried_total{sink="${sink}"} 0$`, 'm'))
    assert.match(text, new RegExp(`^logtransfer_bulk_duration_seconds_count{sink="${sink}"} 1$`, 'm'))
    assert.match(text, new RegExp(`^logtransfer_accept_latency_seconds_count{sink="${sink}"} 1$`, 'm'))
  }
  // The first document of all is followed until a search finds it.
  const isFound = async (): Promise<boolean> =>
    /^logtransfer_searchable_latency_seconds_count 1$/m.test(await (await fetch(`${url}/metrics`)).text())
  await waitFor(isFound, { what: 'the time until the line was searchable', deadlineMs: 30_000, everyMs: 200 })
})
