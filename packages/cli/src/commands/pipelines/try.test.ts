import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  keysOf,
  type ParsedLine,
  parseKey,
  type ParseReply,
  type ParseRequest,
  readParseRequest,
} from '@logpipe/config'
import { closeAfter } from '@logpipe/testkit'
import { TestStore } from '../../test-store.ts'

/** Live transfers whose answers are the test's: the real one is met in e2e/pipelines-try.test.ts. */
async function transfers(
  t: TestContext,
  own: TestStore,
  ids: readonly string[],
  say: (transfer: string, request: ParseRequest) => ParseReply | null,
): Promise<void> {
  const about = { host: 'h', ip: '10.0.0.1', ips: ['10.0.0.1'], labels: {}, version: '1', pid: 1, address: 'h:9601' }
  for (const id of ids) {
    await own.put(`transfers/${id}`, { id, ...about, started: '2026-11-21T05:00:00.000Z', group: 'logtransfer' })
  }
  const stop = new AbortController()
  const prefix = keysOf(own.prefix, 'transferRequest')
  const { revision } = await own.store.list(prefix)
  const watched = own.store.watch(
    prefix,
    revision + 1,
    (change) => {
      const key = parseKey(own.prefix, change.key)
      if (change.kind === 'delete' || key?.kind !== 'transferRequest') return
      const read = readParseRequest(change.value)
      assert.ok('request' in read, JSON.stringify(read))
      const reply = say(key.id, read.request)
      // Where it cannot be put, the test ends by the wait of its asker.
      if (reply !== null) own.put(`replies/${key.number}`, reply).catch(() => undefined)
    },
    stop.signal,
  )
  closeAfter(t, async () => {
    stop.abort()
    await watched.catch(() => undefined)
  })
}

/** What becomes of a line: by what it says. */
function fateOf(text: string): ParsedLine {
  if (text === 'drop') return { fate: 'dropped' }
  const isParsed = text.startsWith('n=')
  const document = isParsed
    ? { n: text.slice(2), message: text }
    : { error: { message: 'no \u001b[2J' }, message: text }
  return { fate: 'document', index: 'logs-test-default', document, isParsed }
}

const parsed = (transfer: string, { sources }: ParseRequest): ParseReply => ({
  kind: 'parse',
  transfer,
  sources: sources.map(({ pipeline = null, lines }) => ({
    refused: null,
    pipeline,
    lines: lines.map(({ text }) => fateOf(text)),
  })),
})

test('pasted lines are shown with what each becomes, and no control of theirs reaches the terminal', async (t) => {
  const own = await TestStore.open(t)
  const asked: unknown[] = []
  await transfers(t, own, ['a'], (transfer, request) => {
    asked.push(...request.sources.map(({ pipeline, topic, lines }) => [pipeline, topic, lines.length, request.draft]))
    return parsed(transfer, request)
  })
  const { code, stdout, stderr } = await own.logctl(['pipelines', 'try', 'app', '-', '--topic', 'web_log'], {
    stdin: 'n=7\r\ndrop\nx\u001b[2J\n',
  })
  assert.equal(code, 1)
  assert.equal(
    stdout,
    ['1  n=7', '    n  7', '2  drop', '    dropped', '3  x\\e[2J', '    error.message  no \\e[2J', ''].join('\n'),
  )
  assert.match(stderr, /3 lines: 1 parsed, 1 dropped, 1 could not be parsed/)
  assert.deepEqual(asked, [['app', 'web_log', 3, undefined]])
  const json = await own.logctl(['pipelines', 'try', 'app', '-', '--json'], { stdin: 'n=7\ndrop' })
  assert.equal(json.code, 0, json.stderr)
  const [first, second] = json.stdout.trim().split('\n')
  const { line, offset, document } = JSON.parse(first ?? '') as Record<string, unknown>
  assert.deepEqual([line, offset, document], [1, 0, { n: '7', message: 'n=7' }])
  assert.deepEqual(JSON.parse(second ?? ''), { line: 2, offset: 4, document: null, fate: 'dropped' })
})

test('a draft is checked here and sent whole; many lines go in portions, and come back in order', async (t) => {
  const own = await TestStore.open(t)
  const dir = mkdtempSync(join(tmpdir(), 'logctl-try-'))
  closeAfter(t, () => rmSync(dir, { recursive: true }))
  const [spec, log] = [join(dir, 'app.yaml'), join(dir, 'app.log')]
  writeFileSync(spec, 'processors:\n  - logfmt: {}\n')
  writeFileSync(log, Array.from({ length: 1_200 }, (_, i) => `n=${i}\n`).join(''))
  let requests = 0
  await transfers(t, own, ['a'], (transfer, request) => {
    requests++
    assert.deepEqual(request.draft, { processors: [{ logfmt: {} }] })
    return parsed(transfer, request)
  })
  const { code, stdout, stderr } = await own.logctl(['pipelines', 'try', '--file', spec, log])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /Only the first 1,000 lines are tried/)
  const shown = stdout.split('\n').filter((line) => line.startsWith('    n'))
  assert.deepEqual([shown.length, shown[0], shown.at(-1)], [1_000, '    n  0', '    n  999'])
  assert.ok(requests > 1)
  writeFileSync(spec, 'processors:\n  - logfm: {}\n')
  const wrong = await own.logctl(['pipelines', 'try', '--file', spec, log])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /did you mean 'logfmt'.*app\.yaml:2/)
})

test('where one transfer does not answer, or does not read the topic, the next one is asked; that nobody does is told', async (t) => {
  const own = await TestStore.open(t)
  const none = await own.logctl(['pipelines', 'try', 'app', '-'], { stdin: 'n=1' })
  assert.equal(none.code, 1)
  assert.match(none.stderr, /No live transfer is registered in etcd\.[^]*logtransfer pipeline test/)
  const asked: string[] = []
  await transfers(t, own, ['a', 'b', 'c'], (transfer, request) => {
    asked.push(transfer)
    if (transfer === 'a') return null
    if (transfer === 'c') return parsed(transfer, request)
    const sources = request.sources.map(() => ({ refused: 'Not mine.', pipeline: null, lines: [] }))
    return { kind: 'parse', transfer, sources }
  })
  const { code, stdout, stderr } = await own.logctl(['pipelines', 'try', 'app', '-', '--wait', '500ms'], {
    stdin: 'n=1',
  })
  assert.deepEqual([code, asked], [0, ['a', 'b', 'c']], stderr)
  assert.match(stdout, / n {2}1/)
  await own.store.delete(`${own.prefix}/transfers/c`)
  const nobody = await own.logctl(['pipelines', 'try', 'app', '-', '--wait', '500ms'], { stdin: 'n=1' })
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /a did not answer within 0\.5 s\.[^]*b: Not mine\./)
  assert.equal(nobody.stdout, '')
})

test('what is not clear is told before anybody is asked', async (t) => {
  const own = await TestStore.open(t)
  for (const [args, said] of [
    [[], /Which pipeline\?/],
    [['app'], /Which lines\?/],
    [['app', '-', '--host', '10.0.0.1'], /Which lines\?/],
    [['app', '-', '--path', '/x'], /On which host is --path\?/],
    [['--file', 'a.yaml', 'x.log', 'y'], /not both/],
    [['--file', '-', '-'], /cannot both stand in stdin/],
    [['app', '/nonexistent/x.log'], /cannot be read/],
    [['app', '-', '--wait', '2m'], /--wait is '2m'/],
  ] as const) {
    const { code, stderr } = await own.logctl(['pipelines', 'try', ...args])
    assert.equal(code, 2, stderr)
    assert.match(stderr, said)
  }
})
