import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { checkFile, type FileCheckOptions, fileKinds } from './check-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'logpipe-check-'))
after(() => rmSync(folder, { recursive: true }))

/** What is told of a file with this text: what it is, and each fault as `path line message`. */
function told(name: string, text: string, options: Partial<FileCheckOptions> = {}): [string | null, string[]] {
  const file = join(folder, name)
  writeFileSync(file, text)
  const { kind, faults } = checkFile(file, { env: {}, ...options })
  const short = (at: string): string => at.replace(file, '')
  return [kind, faults.map(({ path, at, message }) => `${short(path)} ${short(at)} ${message}`)]
}

const entry = { path: '/var/log/*.log', topic: 'web_log' }

test('what a file is, is told by what it holds', () => {
  const kafka = { brokers: ['127.0.0.1:9092'] }
  const files: [name: string, text: string, kind: string][] = [
    ['a.yaml', 'kafka: { brokers: ["127.0.0.1:9092"] }\nentries: []\n', 'agent'],
    ['a.json', JSON.stringify({ kafka: { ...kafka, lingerMs: 5 } }), 'agent'],
    // Of a fleet: its entries stand in etcd.
    ['f.yaml', 'kafka: { brokers: ["a:1"] }\netcd: { endpoints: ["http://a:1"] }\n', 'agent'],
    [
      't.yaml',
      'kafka: { brokers: ["a:1"], topics: ["*_log"] }\nelasticsearch: { nodes: ["http://a:1"] }\n',
      'transfer',
    ],
    ['a.ini', '[kafka]\naddress=a:1\ntopic=x\n[taillog]\npath=/x\n', 'agent'],
    ['t.conf', '[kafka]\nbrokers=a:1\ntopics=x\n[es]\naddress=a:9200\n', 'transfer'],
    ['host.json', JSON.stringify([entry]), 'host'],
    ['group.json', JSON.stringify({ selector: { role: 'web' }, entries: [entry] }), 'group'],
    ['service.json', JSON.stringify({ host: 'web-1', entries: [entry] }), 'service'],
    ['pipeline.yaml', 'processors:\n  - json: {}\n', 'pipeline'],
  ]
  for (const [name, text, kind] of files) assert.deepEqual(told(name, text), [kind, []], name)
  const [kind, [fault]] = told('x.json', '{"log": {}}')
  assert.equal(kind, null)
  assert.match(fault ?? '', /say what it is: --as agent, transfer/)
  assert.equal(told('x.json', JSON.stringify({ kafka, log: {} }), { kind: 'agent' })[0], 'agent')
})

test('every fault has its line', () => {
  const group = `{
  "selector": {},
  "entries": [
    {"path": "/var/log/a.log", "topic": "a"},
    {"path": "relative.log",
     "topc": "b"}
  ]
}`
  assert.deepEqual(
    told('group.json', group.replace('{}', '{"role": "web"}'))[1].map((text) => text.slice(0, 22)),
    ['entries[1].path :5 mus', 'entries[1].topic :5 is', 'entries[1].topc :6 is '],
  )
  assert.match(told('group.json', group)[1].join('\n'), /^selector :2 must name a label/)
  assert.match(told('host.json', '[\n  {"path": "/a"}\n]')[1].join('\n'), /^\[0\]\.topic :2 is missing/)
  const pipeline = 'processors:\n  - json: {}\n  - jsn: {}\n'
  assert.match(told('pipeline.yaml', pipeline)[1].join('\n'), /:3 /)
  const settings = 'kafka: { brokers: ["a:1"] }\nentries:\n  - path: /a\n    topic: "a b"\n'
  assert.match(told('agent.yaml', settings)[1].join('\n'), /^entries\[0\]\.topic :4 /)
})

test('what is looked for beyond the schema is told at its field, in settings, too', () => {
  const also: FileCheckOptions['also'] = { entry: ({ topic }) => [{ path: ['topic'], message: `says ${topic}` }] }
  assert.deepEqual(told('host.json', JSON.stringify([entry]), { also })[1], ['[0].topic :1 says web_log'])
  const settings = 'kafka: { brokers: ["a:1"] }\nentries:\n  - path: /a\n    topic: a\n'
  assert.deepEqual(told('agent.yaml', settings, { also })[1], ['entries[0].topic :4 says a'])
})

test('a pipeline in the settings of a transfer is looked at as one in a file', () => {
  const also: FileCheckOptions['also'] = {
    pipeline: ({ processors }) => [{ path: ['processors', 0, 'json'], message: `of ${processors.length}` }],
  }
  const pipeline = 'processors:\n  - json: {}\n'
  assert.deepEqual(told('pipeline.yaml', pipeline, { also })[1], ['processors[0].json :2 of 1'])
  const settings = `kafka: { brokers: ["a:1"], topics: [a] }
elasticsearch: { nodes: ["http://a:1"] }
pipelines:
  app:
    processors:
      - json: {}
`
  assert.deepEqual(told('transfer.yaml', settings, { also })[1], ['pipelines.app.processors[0].json :6 of 1'])
})

test('settings take what the environment adds', () => {
  const text = 'entries: [{ path: /a, topic: a }]\n'
  assert.match(told('agent.yaml', text, { kind: 'agent' })[1].join('\n'), /kafka/)
  assert.deepEqual(told('agent.yaml', text, { kind: 'agent', env: { LOGAGENT_KAFKA_BROKERS: 'a:1' } })[1], [])
})

test('what etcd could not hold is a fault: no JSON, or more than may stand at a key', () => {
  assert.match(told('host.yaml', '- path: /a\n  topic: a\n')[1].join('\n'), /is not JSON, as a value in etcd must be/)
  const padded = JSON.stringify([entry]) + ' '.repeat(524_288)
  assert.match(told('host.json', padded)[1].join('\n'), /bytes large; at most 524288 may stand at a key/)
  assert.match(told('g.ini', '[a]\n', { kind: 'group' })[1].join('\n'), /cannot hold a group/)
})

test('a file that is not there, is a folder or is broken is one fault', () => {
  assert.match(checkFile(join(folder, 'none'), { env: {} }).faults[0]?.message ?? '', /^cannot be read: ENOENT/)
  assert.match(checkFile(folder, { env: {} }).faults[0]?.message ?? '', /^cannot be read: /)
  assert.match(told('x.json', '{"a": [}')[1].join('\n'), / :1 is not valid YAML/)
})

test('any text is told as something or has faults, and never throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.nat(3_000).map((depth) => `{"processors": ${'['.repeat(depth)}${']'.repeat(depth)}}`),
  )
  const kind = fc.option(fc.constantFrom(...fileKinds), { nil: undefined })
  const name = fc.constantFrom('x.json', 'x.yaml', 'x.ini')
  fc.assert(
    fc.property(name, text, kind, (file, content, as) => {
      const [found, faults] = told(file, content, as === undefined ? {} : { kind: as })
      assert.ok(found !== null || faults.length > 0)
    }),
    { numRuns: 150 },
  )
})
