import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { need, readSettings } from './settings.ts'

function stackFile(t: TestContext, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'logctl-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'stack.json'), text)
  return join(dir, 'stack.json')
}

const noStack = '/nonexistent/stack.json'

test('a flag goes before the environment, and that before the stack file', (t) => {
  const stack = stackFile(
    t,
    JSON.stringify({
      kafka: { brokers: ['127.0.0.1:1'] },
      etcd: { endpoints: ['http://127.0.0.1:2'], prefix: '/logpipe' },
      elasticsearch: { nodes: ['http://127.0.0.1:3'] },
    }),
  )
  const env = { LOGCTL_KAFKA: 'c:3', LOGCTL_ETCD: 'https://e:2379', LOGCTL_ETCD_PREFIX: '/c' }
  const settings = readSettings({ kafka: 'a:1, b:2', etcdPrefix: '/a' }, env, stack)
  assert.deepEqual(settings, {
    kafka: { brokers: ['a:1', 'b:2'] },
    etcd: { endpoints: ['https://e:2379'], prefix: '/a' },
    elasticsearch: { nodes: ['http://127.0.0.1:3'] },
    agents: [],
    transfers: [],
    group: 'logtransfer',
    deadLetters: { suffix: '.dlq', marks: 'logpipe.dlq-marks' },
    progressTopic: 'logpipe.progress',
  })
})

test('the consumer group has a flag of its own, so that --group can mean a group of hosts', () => {
  assert.equal(readSettings({ consumerGroup: 'a' }, { LOGCTL_GROUP: 'b' }, noStack).group, 'a')
  assert.equal(readSettings({}, { LOGCTL_GROUP: 'b' }, noStack).group, 'b')
})

test('a server that is named nowhere is absent, and needing it says how to name it', () => {
  const settings = readSettings({}, {}, noStack)
  assert.equal(settings.kafka, undefined)
  assert.throws(() => need(settings, 'elasticsearch'), {
    code: 'settings_invalid',
    message: /Where Elasticsearch is, is not known: give --elasticsearch, set LOGCTL_ELASTICSEARCH/,
  })
})

test('secrets come from the environment', () => {
  const env = {
    LOGCTL_ELASTICSEARCH: 'es:9200',
    LOGCTL_ELASTICSEARCH_USERNAME: 'u',
    LOGCTL_ELASTICSEARCH_PASSWORD: 'p',
    LOGCTL_KAFKA: 'k:9092',
    LOGCTL_KAFKA_USERNAME: 'ku',
    LOGCTL_KAFKA_PASSWORD: 'kp',
    LOGCTL_KAFKA_TLS: 'true',
    LOGCTL_ETCD: 'https://e:2379',
    LOGCTL_ETCD_USERNAME: 'eu',
    LOGCTL_ETCD_PASSWORD: 'ep',
  }
  const settings = readSettings({}, env, noStack)
  assert.deepEqual(settings.elasticsearch, { nodes: ['http://es:9200'], username: 'u', password: 'p' })
  assert.deepEqual(settings.kafka?.sasl, { mechanism: 'SCRAM-SHA-512', username: 'ku', password: 'kp' })
  assert.deepEqual(settings.kafka?.tls, {})
  assert.deepEqual(settings.etcd, {
    endpoints: ['https://e:2379'],
    prefix: '/logpipe',
    username: 'eu',
    password: 'ep',
  })
})

test('wrong values are sentences', (t) => {
  const faults: [() => unknown, RegExp][] = [
    [() => readSettings({ kafka: 'broker' }, {}, noStack), /'broker' is no address of a Kafka broker: write host:port/],
    [() => readSettings({ kafka: 'a:1,,b:2' }, {}, noStack), /--kafka is 'a:1,,b:2'/],
    [() => readSettings({}, { LOGCTL_ETCD: '' }, noStack), /LOGCTL_ETCD is ''/],
    [() => readSettings({ elasticsearch: 'http://' }, {}, noStack), /'http:\/\/' is no address/],
    [
      () => readSettings({}, { LOGCTL_KAFKA: 'a:1', LOGCTL_KAFKA_MECHANISM: 'GSSAPI' }, noStack),
      /must be one of PLAIN/,
    ],
    [
      () => readSettings({}, { LOGCTL_KAFKA: 'a:1', LOGCTL_KAFKA_CA: '/no/ca' }, noStack),
      /\/no\/ca, which cannot be read/,
    ],
    [
      () => readSettings({}, { LOGCTL_KAFKA: 'a:1', LOGCTL_KAFKA_USERNAME: 'u' }, noStack),
      /LOGCTL_KAFKA_PASSWORD is not: set both/,
    ],
    [
      () => readSettings({}, { LOGCTL_ETCD: 'a:1', LOGCTL_ETCD_CERT: import.meta.filename }, noStack),
      /LOGCTL_ETCD_CERT and LOGCTL_ETCD_KEY go together/,
    ],
    [() => readSettings({}, {}, stackFile(t, '{')), /is not JSON/],
  ]
  for (const [read, message] of faults) assert.throws(read, { code: 'settings_invalid', message })
})
