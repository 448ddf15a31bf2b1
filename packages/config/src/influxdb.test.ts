import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from './load/load.ts'

const needed = {
  'kafka.brokers': '127.0.0.1:9092',
  'kafka.topics': '*',
  'elasticsearch.nodes': 'http://127.0.0.1:9200',
}

function faultsOf(flags: Record<string, string>): string[] {
  const loaded = loadSettings('transfer', { env: {}, flags: { ...needed, ...flags } })
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path} ${message}`)
}

const url = { 'influxdb.url': 'http://127.0.0.1:8086' }

test('a database with a user, or a bucket with a token, is enough', () => {
  const one = { 'influxdb.database': 'metrics', 'influxdb.username': 'u', 'influxdb.password': 'p' }
  const two = { 'influxdb.bucket': 'metrics/autogen', 'influxdb.org': 'o', 'influxdb.token': 't' }
  assert.deepEqual(faultsOf({ ...url, ...one }), [])
  assert.deepEqual(faultsOf({ ...url, ...two }), [])
})

test('what belongs to another version, or is half there, is told in a sentence', () => {
  const both = { 'influxdb.database': 'm', 'influxdb.bucket': 'm' }
  const needsOne = ['influxdb.database (1.x) or a bucket (2.x) is needed, and not both']
  assert.deepEqual(faultsOf(url), needsOne)
  assert.deepEqual(faultsOf({ ...url, ...both }), needsOne)
  assert.match(
    faultsOf({ ...url, 'influxdb.bucket': 'm', 'influxdb.username': 'u' }).join('\n'),
    /bucket belongs to 2\.x/,
  )
  assert.match(faultsOf({ ...url, 'influxdb.database': 'm', 'influxdb.token': 't' }).join('\n'), /token and org belong/)
  assert.match(faultsOf({ ...url, 'influxdb.database': 'm', 'influxdb.username': 'u' }).join('\n'), /go together/)
  assert.match(faultsOf({ ...url, 'influxdb.database': 'a/b' }).join('\n'), /^influxdb\.database must start with/)
})

test('a route to InfluxDB needs to know where that is', () => {
  const routes = JSON.stringify([{ topics: ['metrics'], sink: 'influxdb' }])
  assert.match(faultsOf({ routes }).join('\n'), /^influxdb is missing: a route goes there/)
  assert.deepEqual(faultsOf({ routes, ...url, 'influxdb.database': 'm' }), [])
})
