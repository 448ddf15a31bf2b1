import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type AgentReply, type EntryPreview, keysOf, parseKey, parseRequest, type PreviewFile } from '@logpipe/config'
import { closeAfter } from '@logpipe/testkit'
import { answerText } from '../../preview/text.ts'
import { TestStore } from '../../test-store.ts'

const entry = { id: 'nginx', path: '/var/log/nginx/*.log', topic: 'web_log' }

async function register(own: TestStore, id: string, ip: string, labels: Record<string, string> = {}): Promise<void> {
  const started = '2026-11-21T05:00:00.000Z'
  const more = { version: '0.1.0', pid: 1, address: `${ip}:9600`, started }
  await own.put(`agents/${id}`, { id, host: `host-${id}`, ip, labels, ...more })
}

/** Stands in for all agents: what they would say is the test's. */
async function answer(
  t: TestContext,
  own: TestStore,
  say: (agent: string, value: string) => AgentReply | null,
): Promise<void> {
  const stop = new AbortController()
  const prefix = keysOf(own.prefix, 'request')
  const { revision } = await own.store.list(prefix)
  const watched = own.store.watch(
    prefix,
    revision + 1,
    (change) => {
      const parsed = parseKey(own.prefix, change.key)
      if (change.kind === 'delete' || parsed?.kind !== 'request') return
      const reply = say(parsed.id, change.value)
      // Where it cannot be put, the test ends by the wait of its asker.
      if (reply !== null) own.put(`replies/${parsed.number}`, reply).catch(() => undefined)
    },
    stop.signal,
  )
  closeAfter(t, async () => {
    stop.abort()
    await watched.catch(() => undefined)
  })
}

const file = (more: Partial<PreviewFile> = {}): PreviewFile => ({
  path: '/var/log/nginx/a.log',
  size: 12_345,
  modified: '2026-11-21T05:00:00.000Z',
  packed: null,
  lines: [{ offset: 0, text: 'GET /\u001b[2J', isCut: false, isDeadLetter: false }],
  filtered: 0,
  redacted: 0,
  undecoded: 0,
  unwrapped: 0,
  remark: null,
  ...more,
})
const row = (more: Partial<EntryPreview> = {}): EntryPreview => ({
  id: 'nginx',
  refused: null,
  matched: 1,
  files: [file()],
  ignoredCount: 0,
  ignored: [],
  isComplete: true,
  ...more,
})

test('the agents of a group are asked for what stands there; who does not answer is told, with exit code 1', async (t) => {
  const own = await TestStore.open(t)
  await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [entry] })
  for (const [id, ip, role] of [
    ['a', '10.0.0.1', 'web'],
    ['b', '10.0.0.2', 'web'],
    ['c', '10.0.0.3', 'db'],
  ] as const)
    await register(own, id, ip, { role })
  await answer(t, own, (agent, value) => {
    assert.ok('request' in parseRequest(value, 'k'))
    return agent === 'b' ? null : { kind: 'preview', agent, entries: [row()] }
  })
  const { code, stdout } = await own.logctl(['preview', '--group', 'web', '--wait', '1s'])
  assert.equal(code, 1)
  assert.equal(
    stdout,
    [
      'a (10.0.0.1), entry nginx: /var/log/nginx/*.log → web_log',
      '  1 file',
      '  /var/log/nginx/a.log, 12,345 bytes, last changed 2026-11-21T05:00:00.000Z',
      '    GET /\\e[2J',
      'b (10.0.0.2) did not answer within 1 s. Is it a version that knows previews, with etcd.requests on and the right to write replies/?',
      '',
    ].join('\n'),
  )
  assert.equal(await own.at('replies/0'), null)
  assert.deepEqual((await own.store.list(keysOf(own.prefix, 'request'))).items, [])
})

test("the canaries of a group are asked for what they run in place of the group's entries; a list is tried by all", async (t) => {
  const own = await TestStore.open(t)
  const canary = { agents: ['b'], entries: [{ ...entry, path: '/new/*.log' }] }
  const group = { selector: { role: 'web' }, entries: [entry], canary }
  await own.put('collect/groups/web', group)
  await register(own, 'a', '10.0.0.1', { role: 'web' })
  await register(own, 'b', '10.0.0.2', { role: 'web' })
  const asked: string[] = []
  await answer(t, own, (agent, value) => {
    const parsed = parseRequest(value, 'k')
    assert.ok('request' in parsed)
    asked.push(`${agent} ${parsed.entries.map(({ path }) => path).join(' ')}`)
    return { kind: 'preview', agent, entries: [row()] }
  })
  const standing = await own.logctl(['preview', '--group', 'web'])
  assert.match(standing.stdout, /^a \(10\.0\.0\.1\), entry nginx: \/var/m)
  assert.match(standing.stdout, /^b \(10\.0\.0\.2\), canary, entry nginx: \/new/m)
  const whole = { stdin: JSON.stringify({ ...group, canary: { ...canary, agents: ['a'] } }) }
  const json = (await own.logctl(['preview', '--group', 'web', '-', '--json'], whole)).stdout.trim().split('\n')
  const isCanary = json.map((line) => (JSON.parse(line) as { canary?: boolean }).canary)
  assert.deepEqual(isCanary, [true, undefined])
  await own.logctl(['preview', '--group', 'web', '-'], { stdin: JSON.stringify([{ ...entry, path: '/list/*.log' }]) })
  const [first, second, third] = [asked.slice(0, 2), asked.slice(2, 4), asked.slice(4)].map((two) => two.toSorted())
  assert.deepEqual(first, ['a /var/log/nginx/*.log', 'b /new/*.log'])
  assert.deepEqual(second, ['a /new/*.log', 'b /var/log/nginx/*.log'])
  assert.deepEqual(third, ['a /list/*.log', 'b /list/*.log'])
})

test('one entry, a file, or stdin is tried before it is put: on a host, on the hosts of a selector, on one agent', async (t) => {
  const own = await TestStore.open(t)
  await register(own, 'a', '10.0.0.1', { role: 'web' })
  await register(own, 'b', '10.0.0.2', { role: 'web' })
  const asked: string[] = []
  await answer(t, own, (agent, value) => {
    const parsed = parseRequest(value, 'k')
    assert.ok('request' in parsed)
    asked.push(`${agent} ${parsed.entries.map(({ path }) => path).join(' ')} ${parsed.request.lines}`)
    return { kind: 'preview', agent, entries: [] }
  })
  await own.put('collect/hosts/10.0.0.1', [entry])
  const one = ['--path', '/x.log', '--topic', 'x']
  const stdin = JSON.stringify([entry, { path: '/y.log', topic: 'y' }])
  for (const args of [
    ['preview', '--host', '10.0.0.1', ...one],
    ['entries', 'preview', '--host', '10.0.0.1', '--lines', '7'],
    ['preview', '--group', 'new', '--selector', 'role=web', '-'],
    ['preview', '--agent', 'b', '-'],
  ]) {
    assert.equal((await own.logctl(args, { stdin })).code, 0, args.join(' '))
  }
  assert.deepEqual(asked.slice(0, 2), ['a /x.log 3', 'a /var/log/nginx/*.log 7'])
  assert.deepEqual(asked.slice(2, 4).toSorted(), ['a /var/log/nginx/*.log /y.log 3', 'b /var/log/nginx/*.log /y.log 3'])
  assert.deepEqual(asked.slice(4), ['b /var/log/nginx/*.log /y.log 3'])
})

test('programs read one JSON object for each agent', async (t) => {
  const own = await TestStore.open(t)
  await register(own, 'a', '10.0.0.1')
  await answer(t, own, (agent) => ({ kind: 'preview', agent, entries: [row()] }))
  const one = ['--path', entry.path, '--topic', entry.topic]
  const { stdout } = await own.logctl(['preview', '--agent', 'a', '--json', ...one])
  const object = { agent: 'a', host: 'host-a', ip: '10.0.0.1', answered: true, refused: null, entries: [row()] }
  assert.deepEqual(JSON.parse(stdout), object)
})

test('no more agents are asked than --max-agents says, and that is told', async (t) => {
  const own = await TestStore.open(t)
  for (let i = 1; i <= 3; i++) await register(own, `a${i}`, `10.0.0.${i}`, { role: 'web' })
  await answer(t, own, (agent) => ({ kind: 'refused', agent, reason: 'busy\n\u001b[2J' }))
  const args = ['preview', '--group', 'web', '--selector', 'role=web', '-', '--max-agents', '2']
  const { code, stdout, stderr } = await own.logctl(args, { stdin: JSON.stringify([entry]) })
  assert.equal(code, 1)
  assert.equal(stdout, 'a1 (10.0.0.1) refused: busy\n  \\e[2J\na2 (10.0.0.2) refused: busy\n  \\e[2J\n')
  assert.match(stderr, /2 of the 3 agents that are meant are asked; --max-agents asks more/)
})

test('what cannot be asked is told before anybody is', async (t) => {
  const own = await TestStore.open(t)
  await register(own, 'a', '10.0.0.1')
  const one = ['--path', '/x.log', '--topic', 'x']
  const cases: [string[], number, RegExp][] = [
    [['preview', ...one], 2, /Whose entries\?/],
    [['preview', '--agent', 'a'], 2, /What is to be tried\?/],
    [['preview', '--host', '10.0.0.1'], 2, /no entries of host 10\.0\.0\.1.*What is to be tried/],
    [['preview', '--host', '10.0.0.1', '--path', 'x', '--topic', 'a b'], 2, /not sound:[^]*\.path[^]*\.topic/],
    [['preview', '--host', '10.0.0.9', ...one], 1, /No live agent is meant/],
    [['preview', '--agent', 'a', ...one, '--lines', '21'], 2, /--lines is '21'/],
    [['preview', '--agent', 'a', ...one, '--wait', '2m'], 2, /--wait is '2m'/],
    [['preview', '--agent', 'a', '/nonexistent/file.json'], 2, /cannot be read/],
  ]
  for (const [args, expected, said] of cases) {
    const { code, stderr } = await own.logctl(args)
    assert.equal(code, expected, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, said)
  }
})

test('more entries than agents look at are refused here, with what to do', async (t) => {
  const own = await TestStore.open(t)
  await register(own, 'a1', '10.0.0.1')
  const many = Array.from({ length: 51 }, (_, i) => ({ ...entry, id: `e${i}` }))
  const { code, stderr } = await own.logctl(['preview', '--host', '10.0.0.1', '-', '--wait', '100ms'], {
    stdin: JSON.stringify(many),
  })
  assert.equal(code, 2)
  assert.match(stderr, /There are 51 entries; agents look at 50 at once at most/)
})

test('counts, remarks, what is left out and what a pipeline makes of a line are shown', () => {
  const registration = {
    id: 'a',
    host: 'h',
    ip: '10.0.0.1',
    ips: [],
    labels: {},
    version: '1',
    pid: 1,
    address: 'x',
    started: 'x',
  }
  const lines = [
    { offset: 0, text: 'one\n  two', isCut: true, isDeadLetter: false },
    { offset: 9, text: 'long', isCut: false, isDeadLetter: true },
  ]
  const rows = [
    row({
      matched: 5,
      files: [file({ lines, filtered: 2, packed: 'gzip', remark: 'It is odd.' })],
      ignoredCount: 3,
      ignored: [{ path: '/b', reason: 'It is a folder.' }],
      isComplete: false,
    }),
    row({ id: 'bad', refused: 'No.' }),
  ]
  const spec = { ...entry, enabled: false, startAt: 'end', pipeline: 'nginx' }
  const shown = {
    registration,
    asked: { agent: 'a', reply: { kind: 'preview', agent: 'a', entries: rows } } as const,
    entries: new Map([['nginx', spec as never]]),
    waitMs: 1_000,
    isCanary: true,
  }
  const text = answerText(shown)
  for (const part of [
    '  5 files, 3 ignored, and perhaps more: not all folders were looked at in the time\n',
    '  It is not enabled: nothing is collected until it is.\n',
    '  startAt is end: what these files hold already is not sent.\n',
    '  Lines are shown as they are sent, before pipeline nginx parses them.\n',
    'a.log, 12,345 bytes (gzip), last changed',
    '    one\n        two …\n',
    '    dead letter: long\n',
    '    (2 left out by filters)\n',
    '    It is odd.\n',
    '  and 4 more\n',
    '  ignored: /b: It is a folder.\n',
    '  and 2 more ignored\n',
    'a (10.0.0.1), canary, entry bad\n  refused: No.\n',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`)
  }
  const [first] = rows
  const [cut, long] = first?.files[0]?.lines ?? []
  assert.ok(cut !== undefined && long !== undefined)
  const document = { n: { m: 7 }, message: 'long' }
  const parsed = answerText({
    ...shown,
    parsed: new Map([[long, { fate: 'document', index: 'logs-x-default', document, isParsed: true }]]),
  })
  assert.ok(parsed.includes('    dead letter: long\n      = n.m  7\n'), parsed)
  assert.ok(parsed.includes('        two …\n      = not tried: only its beginning is known here\n'), parsed)
  assert.ok(!parsed.includes('before pipeline'), parsed)
})
