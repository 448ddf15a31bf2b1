import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from '@logpipe/config'
import { isLogpipeError, silentLogger } from '@logpipe/runtime'
import { closeAfter, freePort, influxql, randomName, testInfluxdb, testServers, waitFor } from '@logpipe/testkit'
import { runTransfer } from './run.ts'
import { produce, testCluster, testTopic } from './test-kafka.ts'

test('while Elasticsearch is away, what goes to InfluxDB goes on, and /readyz says who is missing', async (t) => {
  const url = await testInfluxdb(t)
  const cluster = testCluster(t)
  const [points, lines] = [randomName('points'), randomName('lines')]
  for (const topic of [points, lines]) {
    await testTopic(t, cluster, topic)
    await produce(cluster, topic, 0, [{ value: Buffer.from('load n=1i'), timestampMs: Date.now() }])
  }
  const database = randomName('run')
  closeAfter(t, async () => void (await influxql(url, `DROP DATABASE "${database}"`)))
  const port = await freePort()
  const loaded = loadSettings('transfer', {
    env: {},
    flags: {
      'kafka.brokers': testServers().kafkaBrokers.join(','),
      'kafka.topics': `${points},${lines}`,
      'kafka.group': points,
      'elasticsearch.nodes': `http://127.0.0.1:${await freePort()}`,
      routes: JSON.stringify([{ topics: [points], sink: 'influxdb' }]),
      'influxdb.url': url,
      'influxdb.database': database,
      'influxdb.bulkAgeMs': '20',
      'http.listen': `127.0.0.1:${port}`,
      commitMs: '50',
      // What waits for Elasticsearch is given up at the end.
      drainMs: '100',
    },
  })
  assert.ok(loaded.ok)
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
  assert.deepEqual(
    (await influxql(url, 'SELECT n FROM load', database)).map(({ n }) => n),
    [1],
  )
  assert.equal((await committed(lines)) ?? 0, 0)
  const response = await fetch(`http://127.0.0.1:${port}/readyz`)
  assert.equal(response.status, 503)
  assert.match(await response.text(), /Waiting for Elasticsearch\./)
})
