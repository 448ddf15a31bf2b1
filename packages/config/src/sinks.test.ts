import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from './load/load.ts'

/** The settings of a transfer that knows no Elasticsearch. */
const needed = {
  'kafka.brokers': '127.0.0.1:9092',
  'influxdb.url': 'http://127.0.0.1:8086',
  'influxdb.database': 'metrics',
}

function faultsOf(topics: string, routes: readonly Record<string, unknown>[], more: Record<string, string> = {}) {
  const flags = { ...needed, 'kafka.topics': topics, routes: JSON.stringify(routes), ...more }
  const loaded = loadSettings('transfer', { env: {}, flags })
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path} ${message}`)
}

const toInfluxdb = (...topics: string[]): Record<string, unknown> => ({ topics, sink: 'influxdb' })

test('a transfer of metrics only needs no elasticsearch: every topic that it may read goes to InfluxDB', () => {
  assert.deepEqual(faultsOf('metrics', [toInfluxdb('metrics')]), [])
  assert.deepEqual(faultsOf('metrics_*', [toInfluxdb('metrics_*')]), [])
  assert.deepEqual(faultsOf('metrics_host*,cpu', [toInfluxdb('metrics_*'), toInfluxdb('cpu')]), [])
  assert.deepEqual(faultsOf('*,!logs', [toInfluxdb('*', '!logs')]), [])
  assert.deepEqual(faultsOf('m_?,!m_x', [toInfluxdb('m*')]), [])
})

test('a route to Elasticsearch without its section is told at the route', () => {
  const [fault, ...more] = faultsOf('metrics,logs', [toInfluxdb('metrics'), { topics: ['logs'] }])
  assert.match(fault ?? '', /^routes\[1\]\.sink is elasticsearch \(the default\), and the section `elasticsearch`/)
  assert.deepEqual(more, [])
})

test('without elasticsearch, a glob that may find a topic of no route is told where it stands', () => {
  for (const [topics, routes] of [
    ['metrics,logs', [toInfluxdb('metrics')]],
    ['metrics,*', [toInfluxdb('metrics*')]],
    ['a,m_?x', [toInfluxdb('a', 'm_?')]],
    ['a,m*', [toInfluxdb('a', 'm?*')]],
    ['a,m*', [toInfluxdb('a', 'm*', '!mx')]],
  ] as const) {
    const [fault, ...more] = faultsOf(topics, routes)
    assert.match(fault ?? '', /^kafka\.topics\[1\] can find topics that no route sends to InfluxDB/, topics)
    assert.deepEqual(more, [], topics)
  }
})

test('where nothing goes to InfluxDB, elasticsearch is what is missing', () => {
  assert.match(faultsOf('a', []).join('\n'), /^elasticsearch is missing: Where the documents go/)
  assert.match(faultsOf('a', [{ topics: ['a'] }]).join('\n'), /^elasticsearch is missing/)
})

test('Kibana shows what Elasticsearch holds, so it needs its section', () => {
  const kibana = { 'kibana.url': 'http://127.0.0.1:5601' }
  assert.match(faultsOf('m', [toInfluxdb('m')], kibana).join('\n'), /^kibana needs `elasticsearch`/)
})
