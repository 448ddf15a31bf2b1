import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Cluster, encodeRecords, groupByBytes, type PlainRecord, Producer, recordBytes } from '@logpipe/kafka'
import {
  closeAfter,
  countDocuments,
  elasticsearch,
  influxql,
  randomName,
  runProgram,
  type Scope,
  type SettingsTree,
  startTransfer,
  TcpProxy,
  testInfluxdb,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { isCommitted } from './lib/committed.ts'
import { emptyStream } from './lib/empty-stream.ts'

const { kafkaBrokers, elasticsearchNodes } = testServers()
const node = elasticsearchNodes[0] ?? ''
const influxdb = await testInfluxdb({ after })
/** Not so long ago that Kafka's retention takes the records while they are looked at. */
const firstMs = Date.now() - 3_600_000
const header = {
  key: 'source',
  value: Buffer.from(JSON.stringify({ id: 'AAAAAAAAAAAAAAAA', host: 'web-1', ip: '10.0.0.1', path: '/x', entry: 'e' })),
}

/** Every second one as JSON, the others as line protocol; each point has a time of its own. */
function point(i: number): PlainRecord {
  const json = { measurement: 'load', tags: { core: i % 4 }, fields: { n: i, half: i + 0.5 }, timestamp: firstMs + i }
  const line = `load,core=${i % 4} n=${i}i,half=${i + 0.5} ${firstMs + i}`
  return { value: Buffer.from(i % 2 === 0 ? JSON.stringify(json) : line), timestampMs: firstMs + i, headers: [header] }
}

const partitions = 3

/** A topic of its own on the shared servers, with these records. */
async function produced(scope: Scope, cluster: Cluster, records: readonly PlainRecord[]): Promise<string> {
  const topic = randomName('e2e')
  await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, AbortSignal.timeout(30_000))
  closeAfter(scope, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  await produce(cluster, topic, records)
  return topic
}

/** Shares the records out over the partitions. */
async function produce(cluster: Cluster, topic: string, records: readonly PlainRecord[]): Promise<void> {
  const producer = new Producer(cluster)
  for (let partition = 0; partition < partitions; partition++) {
    const own = records.filter((_, index) => index % partitions === partition)
    for (const group of groupByBytes(own, recordBytes, 65_536)) {
      await producer.send(topic, partition, await encodeRecords(group, 'zstd'))
    }
  }
  producer.close()
}

function settingsFor(topics: string[], metrics: string, url: string, database: string): SettingsTree {
  return {
    kafka: { brokers: kafkaBrokers, topics, group: metrics, sessionTimeoutMs: 6_000 },
    elasticsearch: { nodes: elasticsearchNodes, bulkAgeMs: 50 },
    routes: [{ topics: [metrics], sink: 'influxdb' }],
    influxdb: { url, database, precision: 'ms', bulkRecords: 250, bulkAgeMs: 50, inFlight: 1 },
    maxInFlightBytes: 1_048_576,
    commitMs: 100,
  }
}

async function sums(database: string): Promise<{ count: unknown; sum: unknown; halves: unknown; host: unknown }> {
  const [row] = await influxql(
    influxdb,
    `SELECT count(n) AS count, sum(n) AS sum, sum(half) AS halves FROM load GROUP BY host`,
    database,
  )
  return { count: row?.['count'] ?? 0, sum: row?.['sum'], halves: row?.['halves'], host: row?.['host'] }
}

test(
  'every point stands in InfluxDB once, though the transfer is killed in the middle',
  { timeout: 120_000 },
  async (t) => {
    const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'e2e' })
    closeAfter(t, () => cluster.close())
    const count = 60_000
    const topic = await produced(
      t,
      cluster,
      Array.from({ length: count }, (_, i) => point(i)),
    )
    const database = randomName('e2e')
    closeAfter(t, () => influxql(influxdb, `DROP DATABASE "${database}"`).then(() => {}))
    const transfer = await startTransfer(t, settingsFor([topic], topic, influxdb, database))
    for (const share of [0.2, 0.6]) {
      await waitFor(async () => Number((await sums(database)).count) > count * share, {
        what: `${share * 100} % of the points`,
        deadlineMs: 60_000,
        everyMs: 10,
      })
      await transfer.kill()
      assert.ok(Number((await sums(database)).count) < count, 'it was killed in the middle')
      await transfer.restart()
    }
    await waitFor(() => isCommitted(cluster, topic), { what: 'the commit of all', deadlineMs: 60_000 })
    const sum = (count * (count - 1)) / 2
    assert.deepEqual(await sums(database), { count, sum, halves: sum + count / 2, host: 'web-1' })
  },
)

test(
  'while InfluxDB is away, what goes to Elasticsearch goes on; then the points follow',
  { timeout: 120_000 },
  async (t) => {
    const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'e2e' })
    closeAfter(t, () => cluster.close())
    const proxy = await TcpProxy.start(t, influxdb.replace('http://', ''))
    await proxy.refuse()
    // More than what may be in flight.
    const count = 20_000
    const points = await produced(
      t,
      cluster,
      Array.from({ length: count }, (_, i) => point(i)),
    )
    const lines = Array.from({ length: count }, (_, i) => ({
      value: Buffer.from(`line ${i}`),
      timestampMs: firstMs + i,
    }))
    const logs = await produced(t, cluster, lines)
    closeAfter(t, () => emptyStream(node, `logs-${logs}-default`))
    const database = randomName('e2e')
    closeAfter(t, () => influxql(influxdb, `DROP DATABASE "${database}"`).then(() => {}))

    const settings = settingsFor([points, logs], points, `http://${proxy.address}`, database)
    const transfer = await startTransfer(t, settings, { readyMs: 0 })
    await waitFor(() => isCommitted(cluster, logs, points), {
      what: 'the commit of all lines',
      deadlineMs: 60_000,
    })
    await elasticsearch(node, 'POST', `/logs-${logs}-default/_refresh`)
    assert.equal(await countDocuments(node, `logs-${logs}-default`), count)
    await assert.rejects(isCommitted(cluster, points), /is committed up to/)
    const { status, body } = await transfer.get<{ reason?: string }>('/readyz')
    assert.equal(status, 503)
    assert.match(JSON.stringify(body), /Waiting for InfluxDB\./)

    await proxy.heal()
    await waitFor(() => isCommitted(cluster, points), {
      what: 'the commit of all points',
      deadlineMs: 60_000,
    })
    assert.equal((await sums(database)).count, count)
    await transfer.ready()
  },
)

test('what is no point, or is refused, rests in the dead letters with its reason', { timeout: 60_000 }, async (t) => {
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'e2e' })
  closeAfter(t, () => cluster.close())
  const database = randomName('e2e')
  closeAfter(t, () => influxql(influxdb, `DROP DATABASE "${database}"`).then(() => {}))
  const record = (value: string): PlainRecord => ({ value: Buffer.from(value), timestampMs: firstMs })
  const committed = (): Promise<unknown> =>
    waitFor(() => isCommitted(cluster, topic), { what: 'the commit of all', deadlineMs: 30_000 })
  const topic = await produced(t, cluster, [record('load n=1i')])
  closeAfter(t, () => cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000)))
  const transfer = await startTransfer(t, settingsFor([topic], topic, influxdb, database), { readyMs: 0 })
  const made = await runProgram('logtransfer', { args: ['setup', '--config', transfer.settingsFile] })
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, new RegExp(`The InfluxDB database ${database} (was made|is there already)\\.`))
  // The first point makes the field an integer.
  await committed()
  const json = '{"name":"load","tags":{"core":1},"fields":{"n":2}}'
  await produce(cluster, topic, ['load n=', 'load n="text"', json, 'load n=5i\nno point'].map(record))
  await committed()
  assert.deepEqual(
    (await influxql(influxdb, 'SELECT n FROM load', database)).map(({ n }) => n),
    [1, 2],
  )
  const listed = await runProgram('logctl', {
    args: ['dlq', 'list', '--topic', topic, '--json'],
    env: { LOGCTL_KAFKA: kafkaBrokers.join(',') },
  })
  const letters = listed.stdout.split('\n').filter((line) => line !== '')
  const causes = letters.map((line) => {
    const { stage, type } = JSON.parse(line) as { stage: string; type: string }
    return `${stage} ${type}`
  })
  assert.deepEqual(causes.sort(), ['pipeline point_invalid', 'pipeline point_invalid', 'sink field_type_conflict'])
})
