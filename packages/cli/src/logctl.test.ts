import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLogctl } from './test-output.ts'

test('bad usage is a sentence and exit code 2', async () => {
  const cases: [string[], RegExp][] = [
    [['serch'], /^logctl: Unknown command 'serch'\n\(Did you mean search\?\)\n$/],
    [['search', '--lst', '15m'], /^logctl: Unknown option '--lst'\n\(Did you mean --last\?\)\n$/],
    [['status', '--group', 'web'], /^logctl: Unknown option '--group'\n$/],
    [['search', 'x'], /^logctl: Where Elasticsearch is, is not known: .*\n$/],
    [['tail'], /^logctl: Where Kafka is, is not known: .*\n$/],
    [['status'], /^logctl: No server is known to ask: .*\n$/],
    [
      ['--elasticsearch', 'http://127.0.0.1:9', 'search', '-n', '0'],
      /^logctl: -n is '0': it must be a number from 1 to 10,000\.\n$/,
    ],
    [['--elasticsearch', 'http://127.0.0.1:9', 'search', '--last', 'x'], /^logctl: --last is 'x': .*\n$/],
    [['--elasticsearch', 'http://127.0.0.1:9', 'search', '--dataset', 'a,b'], /^logctl: --dataset is 'a,b': .*\n$/],
  ]
  for (const [args, stderr] of cases) {
    const printed = await runLogctl(args)
    assert.equal(printed.code, 2, args.join(' '))
    assert.match(printed.stderr, stderr)
    assert.equal(printed.stdout, '')
  }
})

test('help is exit code 0, with every command', async () => {
  const { code, stdout } = await runLogctl(['--help'])
  assert.equal(code, 0)
  for (const command of ['search', 'tail', 'status']) assert.match(stdout, new RegExp(`^  ${command} `, 'm'))
})

test('a server that does not answer is one sentence and exit code 1', async () => {
  const { code, stderr } = await runLogctl(['--elasticsearch', 'http://127.0.0.1:9', 'search', 'x'])
  assert.equal(code, 1)
  assert.match(stderr, /^logctl: Elasticsearch at http:\/\/127\.0\.0\.1:9 does not answer \(connect ECONNREFUSED.*\n$/)
})
