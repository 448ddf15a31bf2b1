import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonSchema, settingPaths } from '../json-schema.ts'
import { environmentName, fromEnvironment, fromFlags } from './environment.ts'

test('every setting has a variable of its own', () => {
  for (const kind of ['agent', 'transfer'] as const) {
    const names = settingPaths(jsonSchema(kind)).map((path) => environmentName(kind, path))
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^LOG(AGENT|TRANSFER)(_[A-Z0-9]+)+$/)
  }
  assert.equal(environmentName('transfer', ['elasticsearch', 'apiKey']), 'LOGTRANSFER_ELASTICSEARCH_API_KEY')
})

test('texts become what the setting holds', () => {
  const { assignments, faults } = fromEnvironment('agent', {
    LOGAGENT_KAFKA_BROKERS: 'a:1, b:2,',
    LOGAGENT_KAFKA_LINGER_MS: '5',
    LOGAGENT_KAFKA_REPLICATION: '3',
    LOGAGENT_LABELS: 'role=web,zone=a',
    LOGAGENT_ENTRIES: '[{"path":"/a","topic":"t"}]',
    LOGAGENT_KAFKA_TLS_REJECT_UNAUTHORIZED: 'false',
    LOGAGENT_KAFKA_TLS: '{}',
    LOGAGENT_ID: '007',
  })
  assert.deepEqual(faults, [])
  assert.deepEqual(Object.fromEntries(assignments.map(({ path, value }) => [path.join('.'), value])), {
    'kafka.brokers': ['a:1', 'b:2'],
    'kafka.lingerMs': 5,
    'kafka.replication': 3,
    labels: { role: 'web', zone: 'a' },
    entries: [{ path: '/a', topic: 't' }],
    'kafka.tls.rejectUnauthorized': false,
    'kafka.tls': {},
    id: '007',
  })
  const order = assignments.map(({ path }) => path.join('.'))
  assert.ok(order.indexOf('kafka.tls') < order.indexOf('kafka.tls.rejectUnauthorized'), 'a section before its keys')
})

test('what is not meant for us is left alone: empty, of others, of Kubernetes, the name of the file', () => {
  const { assignments, faults } = fromEnvironment('agent', {
    LOGAGENT_ID: '',
    LOGTRANSFER_ID: 'x',
    PATH: '/bin',
    LOGAGENT_CONFIG: '/etc/agent.yaml',
    LOGAGENT_SERVICE_HOST: '10.0.0.1',
    LOGAGENT_SERVICE_PORT_HTTP: '9600',
    LOGAGENT_PORT: 'tcp://10.0.0.1:9600',
    LOGAGENT_PORT_9600_TCP_ADDR: '10.0.0.1',
  })
  assert.deepEqual([assignments, faults], [[], []])
})

test('flags reach into maps and lists', () => {
  const { assignments } = fromFlags('agent', { 'labels.role': 'web', 'entries[0].maxLineBytes': '100' })
  assert.deepEqual(
    assignments.map(({ path, value, at }) => [path, value, at]),
    [
      [['labels', 'role'], 'web', '--labels.role'],
      [['entries', '0', 'maxLineBytes'], 100, '--entries[0].maxLineBytes'],
    ],
  )
})

test('a flag without a value switches on what can be switched; of others the value is missing', () => {
  // As from `--kafka.group $GROUP --kafka.topics a` where GROUP is not set: another group would read all anew.
  const { assignments, faults } = fromFlags('transfer', { setup: null, 'kafka.group': null, 'kafka.topics': null })
  assert.deepEqual(
    assignments.map(({ at, value }) => [at, value]),
    [['--setup', true]],
  )
  assert.deepEqual(
    faults.map(({ path, message, at }) => `${path} ${message} (${at})`),
    ['kafka.group needs a value (--kafka.group)', 'kafka.topics needs a value (--kafka.topics)'],
  )
})

test('a file that is given without --config is told as one', () => {
  const { faults } = fromFlags('transfer', { 'conf/transfer.yaml': '' })
  assert.deepEqual(
    faults.map(({ path, message }) => `${path} ${message}`),
    ['conf/transfer.yaml is a file; settings are read from one that is given as --config conf/transfer.yaml'],
  )
})
