import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFaults } from './fault.ts'
import { type Loaded, type SettingsOf, settle } from './load.ts'
import { parseSettingsText } from './settings-file.ts'

function load<K extends 'agent' | 'transfer'>(kind: K, text: string): Loaded<SettingsOf[K]> {
  return settle(kind, { file: 'x.ini', env: {}, flags: {} }, parseSettingsText(text, 'x.ini', kind, true))
}

test('the older form of an agent is read', () => {
  const loaded = load(
    'agent',
    `; as people have it
[kafka]
address=192.168.0.1:9092, 192.168.0.2:9092
topic=web_log
chan_max_size=100000

[taillog]
path=/var/log/nginx/access.log

[etcd]
address=127.0.0.1:2379
`,
  )
  assert.ok(loaded.ok, loaded.ok ? '' : formatFaults(loaded.faults))
  const { kafka, entries, etcd } = loaded.settings
  assert.deepEqual(kafka.brokers, ['192.168.0.1:9092', '192.168.0.2:9092'])
  assert.equal(kafka.maxInFlightBytes, 102_400_000)
  assert.deepEqual([entries[0]?.path, entries[0]?.topic], ['/var/log/nginx/access.log', 'web_log'])
  assert.deepEqual(etcd?.endpoints, ['http://127.0.0.1:2379'])
})

test('any setting may stand in its section, lists with commas', () => {
  const loaded = load(
    'transfer',
    `setup=false
[kafka]
brokers=a:1,b:2
topics=*_log
[kafka.sasl]
mechanism=PLAIN
username=u
password=p
[elasticsearch]
nodes=http://127.0.0.1:9200
bulkDocs=100
`,
  )
  assert.ok(loaded.ok, loaded.ok ? '' : formatFaults(loaded.faults))
  const { kafka, elasticsearch, setup } = loaded.settings
  assert.equal(setup, false)
  assert.deepEqual(kafka.sasl, { mechanism: 'PLAIN', username: 'u', password: 'p' })
  assert.equal(elasticsearch?.bulkDocs, 100)
})

test('faults tell the line, also those of the older keys', () => {
  const loaded = load(
    'agent',
    `[kafka]
address=broker
topic=a b
chan_max_size=many
[taillog]
path=./my.log
file=x
`,
  )
  assert.ok(!loaded.ok)
  assert.deepEqual(loaded.faults.map(({ path, at }) => `${path} ${at}`).toSorted(), [
    'entries[0].path x.ini:6',
    'entries[0].topic x.ini:3',
    'kafka.brokers[0] x.ini:2',
    'kafka.maxInFlightBytes x.ini:4',
    'taillog.file x.ini:7',
  ])
})

test('an unknown key of an older section is told by its own name, with the nearest that there is', () => {
  const faultsOf = (section: string): string[] => {
    const loaded = load('agent', `[kafka]\nbrokers=a:1\n[taillog]\n${section}\n`)
    return loaded.ok ? [] : formatFaults(loaded.faults).split('\n')
  }
  assert.deepEqual(faultsOf('pth=/a.log'), ["  taillog.pth is not a setting; did you mean 'path'? (x.ini:4)"])
  assert.deepEqual(faultsOf('topic=a'), ["  taillog.topic is not a setting; did you mean 'kafka.topic'? (x.ini:4)"])
  assert.deepEqual(faultsOf('file=a'), ["  taillog.file is not a setting; did you mean 'path'? (x.ini:4)"])
  assert.deepEqual(faultsOf('a.b=1'), ["  taillog.a.b is not a setting; did you mean 'path'? (x.ini:4)"])
})

test('a byte order mark, as editors on Windows write it, is no part of the first name', () => {
  for (const front of ['', '; comment\r\n']) {
    const loaded = load('agent', `\ufeff${front}[kafka]\r\naddress=a:1\r\ntopic=t\r\n[taillog]\r\npath=/a.log\r\n`)
    assert.ok(loaded.ok, loaded.ok ? '' : formatFaults(loaded.faults))
    assert.deepEqual(loaded.settings.kafka.brokers, ['a:1'])
  }
})

test('a value that a ; or # would cut short is a fault: it would be another password, or another file', () => {
  const read = (line: string): Loaded<SettingsOf['agent']> =>
    load('agent', `[kafka]\naddress=a:1\ntopic=t\n[taillog]\n${line}\n`)
  for (const line of ['path=/var/log/a#b.log', 'path = /var/log/a;b.log', 'path=/var/log/a;']) {
    const loaded = read(line)
    assert.ok(!loaded.ok, line)
    assert.deepEqual(formatFaults(loaded.faults).split('\n'), [
      '  taillog.path holds a ; or #, which begins a comment; put quotes around the value, or a blank before the comment (x.ini:5)',
    ])
  }
  const paths = {
    'path="/var/log/a#b.log"': '/var/log/a#b.log',
    "path='/var/log/a;b.log'": '/var/log/a;b.log',
    'path=/var/log/a\\#b.log': '/var/log/a#b.log',
    'path=/var/log/a.log ; a comment': '/var/log/a.log',
    'path=/var/log/a.log\t# one': '/var/log/a.log',
    '; path=/var/log/b#c.log\npath=/var/log/a.log': '/var/log/a.log',
  }
  for (const [line, path] of Object.entries(paths)) {
    const loaded = read(line)
    assert.ok(loaded.ok, loaded.ok ? '' : formatFaults(loaded.faults))
    assert.equal(loaded.settings.entries[0]?.path, path, line)
  }
})
