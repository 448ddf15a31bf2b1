import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentId } from '@logpipe/config'
import { ownLine, TestLetters } from '../../test-letters.ts'

test('list shows each letter once, with why and where from; copies and control characters do it no harm', async (t) => {
  const letters = await TestLetters.create(t)
  const nasty = { 'dlq.reason': 'bad \u001b[2J field [a]' }
  const address = await letters.put(ownLine('one \u001b[31m', 7), 5, nasty, 2)
  await letters.put(ownLine('one \u001b[31m', 7), 5, nasty, 2)
  const [row, ...others] = await letters.list()
  assert.deepEqual(others, [], 'its copy is folded')
  const { putAwayAt, ...told } = row ?? {}
  assert.ok(Math.abs(Date.parse(String(putAwayAt)) - Date.now()) < 60_000)
  assert.deepEqual(told, {
    letter: address,
    state: 'open',
    topic: letters.topic,
    partition: 2,
    offset: 5,
    timestamp: '2023-11-14T22:13:20.000Z',
    id: documentId('AAAAAAAAAAAAAAAA', 7),
    stage: 'sink',
    type: 'document_parsing_exception',
    reason: 'bad \u001b[2J field [a]',
    attempts: 1,
    replayable: true,
    bytes: 9,
    preview: 'one \u001b[31m',
  })
  const { stdout, code } = await letters.logctl(['list', '--topic', letters.topic])
  assert.equal(code, 0)
  assert.match(stdout, /^LETTER +PUT AWAY +STATE +STAGE +TYPE +REASON +LINE\n/)
  assert.match(stdout, /bad \\e\[2J field \[a\] +one \\e\[31m\n$/)
})

test('filters choose, the limit keeps the newest, and counts tell the causes apart by what they have in common', async (t) => {
  const letters = await TestLetters.create(t)
  for (const id of [1, 2, 3]) {
    const reason = `[1:${id}] failed to parse field [size] of type [long] in document with id '${id}x'. Preview of field's value: '${id}'`
    await letters.put(ownLine(`line ${id}`, id), id, { 'dlq.reason': reason })
  }
  await letters.put(ownLine('line 4', 4), 4, { 'dlq.type': 'other', 'dlq.reason': 'Another One' }, 1)
  await letters.putByAgent(ownLine('long', 9), 1)
  const previews = async (...args: string[]): Promise<unknown[]> =>
    (await letters.list(...args)).map(({ preview }) => preview)
  assert.deepEqual(await previews('--type', 'other'), ['line 4'])
  assert.deepEqual(await previews('--reason', 'another'), ['line 4'])
  assert.deepEqual(await previews('--stage', 'agent'), ['long'])
  assert.deepEqual(await previews('--limit', '2'), ['line 4', 'long'])
  assert.equal((await previews('--since', '1h')).length, 5)
  assert.deepEqual(await previews('--before', '1h'), [])
  assert.deepEqual(await previews('--state', 'dropped'), [])
  const causes = (await letters.list('--count')).map(({ letters: n, stage, type, reason }) => ({
    n,
    stage,
    type,
    reason,
  }))
  assert.deepEqual(causes[0], {
    n: 3,
    stage: 'sink',
    type: 'document_parsing_exception',
    reason: "failed to parse field [size] of type [long] in document with id '…'. Preview of field's value: '…'",
  })
  assert.equal(causes.length, 3)
})

test('a record that somebody else put among the letters is listed, and nothing is guessed of it', async (t) => {
  const letters = await TestLetters.create(t)
  await letters.send(letters.letterTopic, 0, [{ value: Buffer.from('what?') }])
  await letters.put(ownLine('x', 1), 1, { 'dlq.topic': 'some-other-topic' })
  const rows = await letters.list()
  assert.deepEqual(
    rows.map(({ topic, replayable, why }) => ({ topic, replayable, why })),
    Array(2).fill({ topic: null, replayable: false, why: 'It does not tell which topic it was meant for.' }),
  )
})

test('show prints a letter whole; --raw its bytes; one that is not there is a sentence', async (t) => {
  const letters = await TestLetters.create(t)
  const binary = Buffer.from([0xff, 0x00, 0x0a])
  const headers = [{ key: 'from', value: Buffer.from('others\n\u001b[2J') }]
  const address = await letters.put({ value: binary, headers, timestampMs: 1_600_000_000_000 }, 3)
  const whole = JSON.parse((await letters.logctl(['show', address, '--json'])).stdout) as Record<string, unknown>
  assert.equal(whole.id, `${letters.topic}-0-3-1600000000000`)
  assert.equal(whole.key, null)
  assert.deepEqual(whole.headers, [{ key: 'from', value: 'others\n\u001b[2J' }])
  assert.deepEqual(whole.value, { base64: binary.toString('base64') })
  const { stdout } = await letters.logctl(['show', address])
  assert.match(stdout, /^header {5}from: others\\n\\e\[2J$/m)
  assert.match(stdout, /^reason {5}failed to parse$/m)
  const absent = await letters.logctl(['show', `${letters.letterTopic}/0/99`])
  assert.equal(absent.code, 1)
  assert.equal(absent.stderr, `logctl: There is no letter ${letters.letterTopic}/0/99.\n`)
  for (const text of ['x', `${letters.topic}/0/1`]) assert.equal((await letters.logctl(['show', text])).code, 2)
})

test('bad filters are a sentence and exit code 2', async (t) => {
  const letters = await TestLetters.create(t, 1)
  const cases: [string[], RegExp][] = [
    [['list', '--limit', '0'], /--limit is '0'/],
    [['list', '--state', 'done'], /--state is 'done': it must be one of open, replayed, dropped and all/],
    [['list', '--since', 'soon'], /--since is 'soon'/],
    [['list', '--since', '1h', '--before', '2h'], /--since \(1h\) is not earlier than --before \(2h\)/],
    [['list', '--stage', 'sinks'], /--stage is 'sinks': it must be one of agent, pipeline, sink/],
    [['list', '--suffix', 'a b'], /--suffix is 'a b'/],
    [['replay'], /Which letters\?/],
    [['drop', '--yes'], /Which letters\?/],
    [['replay', `${letters.letterTopic}/0/1`, '--all'], /not both/],
  ]
  for (const [args, stderr] of cases) {
    const printed = await letters.logctl(args)
    assert.equal(printed.code, 2, `${args.join(' ')}: ${printed.stderr}`)
    assert.match(printed.stderr, stderr)
  }
})

test('its own marks are no letters, whatever the suffix', async (t) => {
  const letters = await TestLetters.create(t, 1)
  const address = await letters.put(ownLine('x', 1), 1)
  assert.equal((await letters.logctl(['drop', address, '--yes'])).code, 0)
  const suffix = letters.marksTopic.slice(-4)
  const { stdout } = await letters.logctl(['--suffix', suffix, 'list', '--topic', letters.marksTopic, '--json'])
  assert.equal(stdout, '')
})
