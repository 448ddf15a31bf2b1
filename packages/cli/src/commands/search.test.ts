import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { elasticsearch, randomName, testServers } from '@logpipe/testkit'
import { runLogctl, type Printed } from '../test-output.ts'

const [node = ''] = testServers().elasticsearchNodes
// A plain index under an alias of the usual form: a search sees no difference, and unlike a data stream it can be deleted on
// any distribution.
const dataset = randomName('cli')
const index = dataset
const aliases = { [`logs-${dataset}-default`]: {} }
const mappings = {
  properties: {
    '@timestamp': { type: 'date' },
    message: { type: 'text' },
    log: { properties: { offset: { type: 'long' }, file: { properties: { path: { type: 'keyword' } } } } },
    host: { properties: { name: { type: 'keyword' } } },
  },
}

before(async () => {
  await elasticsearch(node, 'PUT', `/${index}`, { mappings, aliases })
})

async function put(
  second: number,
  message: string,
  host = 'web-1',
  path = '/var/log/a.log',
  offset = 0,
): Promise<void> {
  const time = `2026-11-20T10:00:${String(second).padStart(2, '0')}.000Z`
  const document = { '@timestamp': time, message, host: { name: host }, log: { offset, file: { path } } }
  await elasticsearch(node, 'POST', `/${index}/_doc?refresh=true`, document)
}

function search(args: string[], isTerminal = false): Promise<Printed> {
  return runLogctl(['search', '--dataset', dataset, ...args], { env: { LOGCTL_ELASTICSEARCH: node }, isTerminal })
}

test('search', async (t) => {
  t.after(() => elasticsearch(node, 'DELETE', `/${index}`))
  await put(2, 'second line of the file', 'web-1', '/var/log/a.log', 20)
  await put(2, 'first line of the file', 'web-1', '/var/log/a.log', 10)
  await put(1, 'oldest line')
  await put(3, 'another host', 'web-2', '/srv/b.log')
  await put(4, 'evil \u001b[2J\u001b]0;owned\u0007 line\n2026-11-20T10:00:09.000Z web-1 /var/log/a.log: forged')

  await t.test('prints the newest lines that match, oldest first, with time, host and path', async () => {
    const { code, stdout } = await search(['line', '-n', '2', '--to', '2026-11-20T10:00:03Z'])
    assert.equal(code, 0)
    assert.equal(
      stdout,
      '2026-11-20T10:00:02.000Z web-1 /var/log/a.log: first line of the file\n' +
        '2026-11-20T10:00:02.000Z web-1 /var/log/a.log: second line of the file\n',
    )
  })

  await t.test('all words must be there, a phrase as it stands', async () => {
    assert.equal((await search(['file second'])).stdout.split('\n').length, 2)
    assert.equal((await search(['"file second"'])).stdout, '')
  })

  await t.test('host, path, pattern of paths and time choose', async () => {
    const messages = async (...args: string[]): Promise<string[]> =>
      (await search([...args, '--json'])).stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { message: string }).message)
    assert.deepEqual(await messages('--host', 'web-2'), ['another host'])
    assert.deepEqual(await messages('--path', '/srv/b.log'), ['another host'])
    assert.deepEqual(await messages('--path', '/srv/*'), ['another host'])
    assert.deepEqual(await messages('--from', '2026-11-20T10:00:03Z', '--to', '2026-11-20T10:00:03Z'), ['another host'])
    assert.equal((await messages()).length, 5)
  })

  await t.test('--json prints whole documents', async () => {
    const { stdout } = await search(['another', '--json'])
    const document = JSON.parse(stdout) as Record<string, unknown>
    assert.equal(document._index, index)
    assert.deepEqual(document.log, { offset: 0, file: { path: '/srv/b.log' } })
  })

  await t.test('on a terminal nothing from a line is obeyed, nor passes for a line of its own', async () => {
    const { stdout } = await search(['evil'], true)
    assert.equal(
      stdout,
      '2026-11-20T10:00:04.000Z web-1 /var/log/a.log: evil \\e[2J\\e]0;owned\\x07 line\n' +
        '    2026-11-20T10:00:09.000Z web-1 /var/log/a.log: forged\n',
    )
  })

  await t.test('what is not shown is said, to people only', async () => {
    assert.equal((await search(['-n', '2'], true)).stderr, 'The newest 2 of 5 lines; -n shows more.\n')
    assert.equal((await search(['-n', '2'])).stderr, '')
    assert.deepEqual(await search(['nowhere'], true), { code: 0, stdout: '', stderr: 'No line matches.\n' })
  })

  await t.test('a query that cannot be parsed is a sentence with the way out, exit code 2', async () => {
    const { code, stderr } = await search(['[error'])
    assert.equal(code, 2)
    assert.match(stderr, /^logctl: The query \[error is not understood: .*into double quotes.*\n$/)
  })

  await t.test('a dataset that does not exist holds no lines', async () => {
    const { code, stdout } = await runLogctl(['--elasticsearch', node, 'search', '--dataset', 'absent'])
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' })
  })
})
