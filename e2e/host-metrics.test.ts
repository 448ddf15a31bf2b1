import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import {
  closeAfter,
  elasticsearch,
  influxql,
  randomName,
  type Scope,
  startAgent,
  startTransfer,
  testInfluxdb,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { emptyStream } from './lib/empty-stream.ts'

const { kafkaBrokers, elasticsearchNodes } = testServers()
const node = elasticsearchNodes[0] ?? ''
const influxdb = await testInfluxdb({ after })

/** A topic that an agent of the test fills with the metrics of this host, every second. */
async function measured(t: Scope): Promise<string> {
  const topic = randomName('e2e-host')
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'e2e' })
  closeAfter(t, () => cluster.close())
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  closeAfter(t, () => cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000)))
  await startAgent(t, {
    kafka: { brokers: kafkaBrokers, partitions: 1 },
    host: 'web-1',
    ip: '10.0.0.7',
    labels: { dc: 'ffm' },
    hostMetrics: { topic, everyMs: 1_000 },
  })
  return topic
}

test(
  'the metrics of a host are points in InfluxDB, with its tags, and none is refused',
  { timeout: 90_000 },
  async (t) => {
    const topic = await measured(t)
    const database = randomName('e2e')
    closeAfter(t, () => influxql(influxdb, `DROP DATABASE "${database}"`).then(() => {}))
    const transfer = await startTransfer(t, {
      kafka: { brokers: kafkaBrokers, topics: [topic], group: topic, sessionTimeoutMs: 6_000 },
      elasticsearch: { nodes: elasticsearchNodes },
      routes: [{ topics: [topic], sink: 'influxdb' }],
      influxdb: { url: influxdb, database, bulkAgeMs: 50 },
    })
    const rows = await waitFor(
      async () => {
        const found = await influxql(influxdb, 'SELECT user_seconds, cpus FROM host_cpu GROUP BY *', database)
        return found.length >= 3 ? found : null
      },
      { what: 'three points', deadlineMs: 60_000 },
    )
    for (const { host, ip, dc, cpus } of rows)
      assert.deepEqual([host, ip, dc, typeof cpus], ['web-1', '10.0.0.7', 'ffm', 'number'])
    const names = await influxql(influxdb, 'SHOW MEASUREMENTS', database)
    for (const one of ['agent', 'cpu', 'load', 'memory', 'processes']) {
      assert.ok(
        names.some(({ name }) => name === `host_${one}`),
        one,
      )
    }
    const types = await influxql(influxdb, 'SHOW FIELD KEYS FROM host_cpu', database)
    assert.equal(types.find(({ fieldKey }) => fieldKey === 'cpus')?.['fieldType'], 'integer')
    assert.equal(types.find(({ fieldKey }) => fieldKey === 'user_seconds')?.['fieldType'], 'float')
    assert.doesNotMatch(await metricsOf(transfer.url), /_dead_letters_total\{[^}]*\} [1-9]/)
  },
)

test(
  'without a route to InfluxDB they are documents that searches find by host and value',
  { timeout: 90_000 },
  async (t) => {
    const topic = await measured(t)
    const stream = `logs-${topic.replaceAll('-', '_')}-default`
    closeAfter(t, () => emptyStream(node, stream))
    await startTransfer(t, {
      kafka: { brokers: kafkaBrokers, topics: [topic], group: topic, sessionTimeoutMs: 6_000 },
      elasticsearch: { nodes: elasticsearchNodes, bulkAgeMs: 50 },
      routes: [{ topics: [topic], dataset: topic.replaceAll('-', '_') }],
    })
    const query = {
      query: {
        bool: {
          filter: [
            { term: { 'host.name': 'web-1' } },
            { term: { 'host.ip': '10.0.0.7' } },
            { term: { 'labels.dc': 'ffm' } },
            { term: { measurement: 'host_memory' } },
            { range: { 'fields.total_bytes': { gt: 1_000_000 } } },
            { range: { '@timestamp': { gt: 'now-1h', lt: 'now+1h' } } },
          ],
        },
      },
    }
    const found = await waitFor(
      async () => {
        const answer = (await elasticsearch(node, 'POST', `/${stream}/_search?ignore_unavailable=true`, query)) as {
          hits: { hits: { _source: Record<string, unknown> }[] }
        }
        return answer.hits.hits[0]?._source
      },
      { what: 'a document', deadlineMs: 60_000 },
    )
    assert.equal(found?.['tags'], undefined, 'nothing about it was odd')
  },
)

async function metricsOf(url: string): Promise<string> {
  return await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text()
}
