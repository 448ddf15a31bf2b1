import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
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

test('what needs neither Kafka nor Elasticsearch waits for no client of theirs to be loaded', () => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    const resolve = (specifier, context, next) => {
      const found = next(specifier, context)
      loaded.add(found.url)
      return found
    }
    registerHooks({ resolve })
    await import(${JSON.stringify(import.meta.resolve('./logctl.ts'))})
    console.log([...loaded].join('\\n'))`
  const args = ['--conditions=logpipe-source', '--input-type=module', '--eval', script]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /cli\/src\/commands\/add-search\.ts/)
  assert.doesNotMatch(stdout, /node_modules\/(@platformatic\/kafka|@elastic|etcd3)\//)
})
