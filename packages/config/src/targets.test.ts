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

test('a dated index that our own template would make a data stream is refused', () => {
  const routes = (index: string): string => JSON.stringify([{ topics: ['a'], index }])
  assert.match(
    faultsOf({ routes: routes('logs-old-{yyyy.MM.dd}') }).join('\n'),
    /^routes\[0\]\.index would be a data str/,
  )
  assert.deepEqual(faultsOf({ routes: routes('logs-{yyyy.MM.dd}') }), [])
  assert.deepEqual(faultsOf({ routes: routes('legacy-{yyyy-MM-dd}') }), [])
  const type = { 'elasticsearch.dataStream.type': 'legacy' }
  assert.match(faultsOf({ ...type, routes: routes('legacy-{yyyy-MM}') }).join('\n'), /legacy-\*-\*/)
})

test('an index may be named by topic, dataset and namespace, as long as the longest of them fit, and something of its own stands in front', () => {
  const faults = (index: string): string => faultsOf({ routes: JSON.stringify([{ topics: ['a'], index }]) }).join('\n')
  for (const good of ['old-{dataset}-{yyyy.MM.dd}', 'a-{topic}', `${'b'.repeat(50)}-{namespace}-{dataset}`]) {
    assert.equal(faults(good), '')
  }
  assert.match(faults('old-{datset}-{yyyy}'), /\{topic\}, \{dataset\} and \{namespace\}/)
  assert.match(faults('{dataset}-{yyyy}'), /routes\[0\]\.index must begin with letters of its own/)
  assert.match(faults(`${'b'.repeat(60)}-{namespace}-{dataset}`), /routes\[0\]\.index may become 262 bytes long/)
  assert.match(faults('logs-{dataset}-{namespace}'), /would be a data stream/)
})

test('a retention is a number with its unit', () => {
  const retention = 'elasticsearch.dataStream.retention'
  for (const good of ['30d', '12h', '90m']) assert.deepEqual(faultsOf({ [retention]: good }), [])
  for (const bad of ['30', '0d', 'd', '1.5d', '30 d', '-1d']) {
    assert.match(faultsOf({ [retention]: bad }).join('\n'), /for instance '30d'/, bad)
  }
})
