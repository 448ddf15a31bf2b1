import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogDir } from '@logpipe/testkit'
import { runLogctl } from '../test-output.ts'

const entry = { path: '/var/log/*.log', topic: 'web_log' }

test('files that can be used are exit code 0, others 2, each told with its faults and their places', async (t) => {
  const dir = LogDir.create(t)
  dir.append('host.json', JSON.stringify([entry]))
  dir.append('group.json', '{"selector": {"role": "web"},\n "entries": [{"path": "a", "topic": "b"}]}')
  const good = await runLogctl(['validate', dir.file('host.json')])
  assert.deepEqual([good.code, good.stdout, good.stderr], [0, `${dir.file('host.json')}: entries, valid\n`, ''])

  const files = [dir.file('host.json'), dir.file('group.json'), dir.file('gone.json')]
  const { code, stdout } = await runLogctl(['validate', ...files])
  assert.equal(code, 2)
  assert.match(stdout, /host\.json: entries, valid\n/)
  assert.match(stdout, /group\.json: a group, 1 fault\n {2}entries\[0\]\.path must be absolute.* \(.*group\.json:2\)\n/)
  assert.match(stdout, /gone\.json: not known, 1 fault\n {2}.*cannot be read: ENOENT/)

  const json = await runLogctl(['validate', ...files, '--json'])
  const rows = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string | null; faults: { path: string }[] })
  assert.deepEqual(
    rows.map(({ kind, faults }) => [kind, faults.length]),
    [
      ['host', 0],
      ['group', 1],
      [null, 1],
    ],
  )
})

test('a pattern that no agent would take is a fault, wherever it stands', async (t) => {
  const dir = LogDir.create(t)
  const entries = [
    { ...entry, includeLines: ['fine', '(a)\\1'] },
    { ...entry, id: 'b', redact: ['x(?=y)'] },
    { ...entry, id: 'c', multiline: { start: '(a{999}){999}' } },
  ]
  dir.append('host.json', JSON.stringify(entries))
  const { code, stdout } = await runLogctl(['validate', dir.file('host.json')])
  assert.equal(code, 2)
  assert.match(stdout, /^ {2}\[0\]\.includeLines\[1\] is no pattern that can be used: back references/m)
  assert.match(stdout, /^ {2}\[1\]\.redact\[0\] is no pattern that can be used: lookarounds/m)
  assert.match(stdout, /^ {2}\[2\]\.multiline\.start is no pattern that can be used: /m)
})

test('so is one of a pipeline, in regex and in conditions', async (t) => {
  const dir = LogDir.create(t)
  const text = `processors:
  - regex: { patterns: ['(?P<a>x)', '(?P<a>x)(?=y)'] }
  - drop: { if: { any: [{ field: message, matches: '(b)\\\\1' }, { field: message, equals: '(b)\\\\1' }] } }
`
  dir.append('pipeline.yaml', text.replaceAll('\\\\', '\\'))
  const { code, stdout } = await runLogctl(['validate', dir.file('pipeline.yaml')])
  assert.equal(code, 2)
  assert.match(stdout, /a pipeline, 2 faults\n {2}processors\[0\]\.regex\.patterns\[1\] is no pattern .*:2\)\n/)
  assert.match(stdout, /^ {2}processors\[1\]\.drop\.if\.any\[0\]\.matches is no pattern .*back references.*:3\)$/m)
})

test('--as says what a file is, and knows no others', async (t) => {
  const dir = LogDir.create(t)
  dir.append('x.json', '{}')
  const { code, stdout } = await runLogctl(['validate', '--as', 'group', dir.file('x.json')])
  assert.equal(code, 2)
  assert.match(stdout, /a group, \d faults?\n {2}selector is missing/)
  assert.equal((await runLogctl(['validate', '--as', 'gruop', dir.file('x.json')])).code, 2)
})
