import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { formatFaults, type Fault, printable } from './fault.ts'
import { loadAgentSection, type Loaded, loadSettings, type SettingsInput, type SettingsOf } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'logpipe-settings-'))
after(() => rmSync(folder, { recursive: true }))

function fileOf(text: string, name = 'agent.yaml'): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function loadAgent(text: string, input: Partial<SettingsInput> = {}, name?: string): Loaded<SettingsOf['agent']> {
  return loadSettings('agent', { file: fileOf(text, name), env: {}, flags: {}, ...input })
}

function settingsOf<S>(loaded: Loaded<S>): S {
  assert.ok(loaded.ok, loaded.ok ? '' : formatFaults(loaded.faults))
  return loaded.settings
}

function faultsOf(loaded: Loaded<unknown>): Fault[] {
  assert.ok(!loaded.ok, 'faults were expected')
  for (const fault of loaded.faults) assert.ok(fault.path !== '' && fault.message !== '' && fault.at !== '')
  return loaded.faults
}

const leastAgent = 'kafka: { brokers: ["127.0.0.1:9092"] }\n'

test('the settings of the issue load, with every default filled in', () => {
  const agent = settingsOf(
    loadAgent(`
kafka: { brokers: ["127.0.0.1:9092"] }
etcd: { endpoints: ["http://127.0.0.1:2379"] }
entries: [{ path: "/var/log/nginx/*.log", topic: web_log }]
dataDir: /var/lib/logagent
http: { listen: "127.0.0.1:9600" }
`),
  )
  assert.equal(agent.kafka.batchBytes, 1_000_000)
  assert.equal(agent.etcd?.prefix, '/logpipe')
  assert.equal(agent.entries[0]?.compression, 'zstd')
  assert.ok(!('id' in agent), 'what is not given is absent')
  const transfer = loadSettings('transfer', {
    file: fileOf(`
kafka: { brokers: ["127.0.0.1:9092"], group: logtransfer, topics: ["*_log"] }
elasticsearch: { nodes: ["http://127.0.0.1:9200"] }
http: { listen: "127.0.0.1:9601" }
`),
    env: {},
    flags: {},
  })
  assert.equal(settingsOf(transfer).elasticsearch?.bulkBytes, 5_242_880)
})

test('all faults are told at once, each with its line and the nearest valid name', () => {
  const loaded = loadAgent(`kafka:
  brokers: [127.0.0.1, 5]
  lingerMs: lots
  partitons: 3
  batchBytes: 70000
  maxInFlightBytes: 65536
  sasl: { mechanism: SCRAM-SHA-521, username: u }
broker: x
entries:
  - { path: var/log/x, topic: "a b", compresion: zstd }
  - path: /var/log/a
    topic: ..
http: { listen: nine }
`)
  const file = join(folder, 'agent.yaml')
  const told = faultsOf(loaded).map(({ path, at, suggestion }) => [path, at.replace(file, ''), suggestion])
  assert.deepEqual(
    told.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
    [
      ['broker', ':8', 'kafka.brokers'],
      ['entries[0].compresion', ':10', 'compression'],
      ['entries[0].path', ':10', undefined],
      ['entries[0].topic', ':10', undefined],
      ['entries[1].topic', ':12', undefined],
      ['http.listen', ':13', undefined],
      ['kafka.brokers[0]', ':2', undefined],
      ['kafka.brokers[1]', ':2', undefined],
      ['kafka.lingerMs', ':3', undefined],
      ['kafka.maxInFlightBytes', ':6', undefined],
      ['kafka.partitons', ':4', 'partitions'],
      ['kafka.sasl.mechanism', ':7', 'SCRAM-SHA-512'],
      ['kafka.sasl.password', ':7', undefined],
    ],
  )
})

test('flags win over the environment, the environment over the file', () => {
  const input = {
    env: { LOGAGENT_KAFKA_LINGER_MS: '2', LOGAGENT_KAFKA_PARTITIONS: '7' },
    flags: { 'kafka.lingerMs': '3' },
  }
  const { kafka } = settingsOf(
    loadAgent('kafka: { brokers: ["a:1"], lingerMs: 1, partitions: 1, batchBytes: 50000 }', input),
  )
  assert.deepEqual([kafka.lingerMs, kafka.partitions, kafka.batchBytes], [3, 7, 50_000])
})

test('a fault of the environment or of a flag names the variable or the flag', () => {
  const loaded = loadAgent(leastAgent, {
    env: { LOGAGENT_SHUTDOWN_MS: 'soon', LOGAGENT_KAFKA_BROKER: 'a:1' },
    flags: { 'log.level': 'inf', 'log.levl': 'info' },
  })
  assert.deepEqual(
    faultsOf(loaded).map(({ path, source, at, suggestion }) => [path, source, at, suggestion]),
    [
      ['LOGAGENT_KAFKA_BROKER', 'environment', 'LOGAGENT_KAFKA_BROKER', 'LOGAGENT_KAFKA_BROKERS'],
      ['log.levl', 'flag', '--log.levl', 'log.level'],
      ['shutdownMs', 'environment', 'LOGAGENT_SHUTDOWN_MS', undefined],
      ['log.level', 'flag', '--log.level', 'info'],
    ],
  )
})

test('what is missing everywhere is told with what it is, and where to set it', () => {
  const faults = faultsOf(loadSettings('transfer', { env: {}, flags: {} }))
  assert.deepEqual(
    faults.map(({ path, at }) => [path, at]),
    [
      ['kafka', 'LOGTRANSFER_KAFKA'],
      ['elasticsearch', 'LOGTRANSFER_ELASTICSEARCH'],
    ],
  )
  assert.match(formatFaults(faults), /elasticsearch is missing: Where the documents go/)
})

test('a file that cannot be read is one clear fault', () => {
  mkdirSync(join(folder, 'dir.yaml'))
  const message = (file: string): string => {
    const faults = faultsOf(loadSettings('agent', { file, env: {}, flags: {} }))
    assert.equal(faults.length, 1)
    return faults[0]?.message ?? ''
  }
  assert.match(message(join(folder, 'none.yaml')), /does not exist/)
  assert.match(message(join(folder, 'dir.yaml')), /is a folder/)
  assert.match(message(fileOf('x', 'agent.toml')), /unknown form/)
  assert.match(message(fileOf(`# ${'x'.repeat(5_000_000)}`)), /larger than/)
  assert.match(message(fileOf('- a\n- b\n')), /must hold keys/)
})

test('broken YAML is told with its line, and the environment is checked all the same', () => {
  const loaded = loadAgent('kafka:\n  brokers: [a:1\n', { env: { LOGAGENT_X: '1' } })
  const faults = faultsOf(loaded)
  assert.ok(faults.some(({ at }) => /agent\.yaml:[23]$/.test(at)))
  assert.ok(faults.some(({ at }) => at === 'LOGAGENT_X'))
})

test('keys given twice, endless aliases and endless depth are faults', () => {
  assert.match(faultsOf(loadAgent(`${leastAgent}kafka: {}\n`))[0]?.message ?? '', /unique/)
  const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`).slice(1)
  assert.equal(faultsOf(loadAgent(`a0: &a0 [x]\n${bomb.join('\n')}`)).length, 1)
  faultsOf(loadAgent(`a: ${'['.repeat(100_000)}`))
  faultsOf(loadAgent('['.repeat(100_000), {}, 'agent.json'))
})

test('a section without anything below it counts as not given', () => {
  assert.ok(!('etcd' in settingsOf(loadAgent(`${leastAgent}etcd:\n  # endpoints: [...]\n`))))
})

test('an empty file is fine when the environment brings all', () => {
  assert.deepEqual(settingsOf(loadAgent('', { env: { LOGAGENT_KAFKA_BROKERS: 'a:1' } })).kafka.brokers, ['a:1'])
})

test('PEM files stay paths, to be read again; one that cannot be read is told beside the other faults', () => {
  const pem = rootCertificates[0] ?? ''
  const ca = fileOf(pem, 'ca.pem')
  const yaml = (path: string): string => `kafka: { brokers: ["a:1"], tls: { ca: "${path}" } }\n`
  assert.equal(settingsOf(loadAgent(yaml(ca))).kafka.tls?.ca, ca)
  assert.deepEqual(
    faultsOf(loadAgent(`${yaml('/none.pem')}x: 1`)).map(({ path, at }) => [path, at.replace(folder, '')]),
    [
      ['kafka.tls.ca', '/agent.yaml:1'],
      ['x', '/agent.yaml:2'],
    ],
  )
  assert.match(faultsOf(loadAgent(yaml(fileOf('no', 'no.pem'))))[0]?.message ?? '', /no PEM text/)
})

test('checks across keys run whatever else is wrong', () => {
  const loaded = loadSettings('transfer', {
    file: fileOf(`
kafka: { brokers: x, topics: ["!a"] }
elasticsearch: { nodes: ["ftp://x"], username: u, apiKey: k }
drainMs: 30000
shutdownMs: 1000
`),
    env: {},
    flags: {},
  })
  assert.deepEqual(
    faultsOf(loaded)
      .map(({ path }) => path)
      .toSorted(),
    [
      'elasticsearch.apiKey',
      'elasticsearch.nodes[0]',
      'elasticsearch.password',
      'kafka.brokers',
      'kafka.topics',
      'shutdownMs',
    ],
  )
})

test('no fault tells a value: it might be a secret', () => {
  const loaded = loadAgent(
    `kafka: { brokers: ["user:s3cret@host:9092"], sasl: { mechanism: s3cret, password: [s3cret] } }
etcd: { endpoints: ["http://u:s3cret@h:1"], password: { s3cret: s3cret } }
log: { level: s3cret }
`,
    { env: { LOGAGENT_KAFKA_SASL_USERNAME: '' } },
  )
  assert.doesNotMatch(formatFaults(faultsOf(loaded)).replaceAll('etcd.password', ''), /s3cret/)
})

test('names that steer a terminal or fill it are made harmless', () => {
  const loaded = loadAgent(`${leastAgent}"\\e[2J": 1\n"${'x'.repeat(1_000)}": 1\n`)
  const text = formatFaults(faultsOf(loaded))
  assert.ok(!text.includes('\u001b'))
  assert.ok(text.length < 700, text)
})

test('one section can be had whatever is wrong with the others, but not from a file that cannot be read', () => {
  const section = (text: string, flags = {}): Loaded<SettingsOf['agent']['http']> =>
    loadAgentSection('http', { file: fileOf(text), env: { LOGAGENT_X: '1' }, flags })
  assert.deepEqual(settingsOf(section('oops: 1\nhttp: { listen: "127.0.0.1:1" }\n')), { listen: '127.0.0.1:1' })
  assert.deepEqual(settingsOf(section('{}')), { listen: '127.0.0.1:9600' })
  assert.deepEqual(settingsOf(section('{}', { 'http.listen': '127.0.0.1:2' })), { listen: '127.0.0.1:2' })
  assert.deepEqual(
    faultsOf(section('http: { listen: nine }\n')).map(({ path }) => path),
    ['http.listen'],
  )
  assert.deepEqual(
    faultsOf(section('{}', { 'http.lisen': '127.0.0.1:2' })).map(({ suggestion }) => suggestion),
    ['http.listen'],
  )
  assert.equal(faultsOf(section('http: [')).length > 0, true)
})

test('a topic that leaves no room for the name of its dead letters is a fault, with the rest', () => {
  const topic = 't'.repeat(240)
  const text = `kafka: { brokers: ["127.0.0.1:9092"], topics: ["*", ${topic}] }
deadLetter: { topicSuffix: .dead-letters }
elasticsearch: { nodes: [x y] }
`
  const faults = faultsOf(loadSettings('transfer', { file: fileOf(text), env: {}, flags: {} }))
  assert.match(
    faults.find(({ path }) => path === 'kafka.topics[1]')?.message ?? '',
    /is too long for dead letters: .* has 253/,
  )
  assert.equal(faults.length, 2)
  const shorter = text.replace('.dead-letters', '.dlq').replace('x y', 'http://127.0.0.1:9200')
  assert.ok(loadSettings('transfer', { file: fileOf(shorter), env: {}, flags: {} }).ok)
})

test('a name that would turn the direction of what a terminal shows is written without that', () => {
  assert.equal(printable('a\u202eb\u2066c\u001b[31md'), 'a?b?c?[31md')
})

test('a key as Logstash takes it (id:api_key), or with the line break of its file, is told before a server refuses it', () => {
  for (const apiKey of ['VuaCfGcBCdbkQm:ui2lp2axTNmsyakw9tvNnw', 'YWJjOmRlZg==\n', 'a b']) {
    const env = { LOGTRANSFER_ELASTICSEARCH_API_KEY: apiKey }
    const flags = { 'kafka.brokers': 'k:1', 'kafka.topics': 'a', 'elasticsearch.nodes': 'http://e:1' }
    const loaded = loadSettings('transfer', { env, flags })
    const [fault] = loaded.ok ? [] : loaded.faults
    assert.match(`${fault?.path} ${fault?.message}`, /^elasticsearch\.apiKey must be the key in base64, .*`encoded`/)
  }
})
