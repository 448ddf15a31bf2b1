import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { CollectEntry, type CollectEntryInput, type EntryPreview, PreviewRequest } from '@logpipe/config'
import { systemClock } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import { Previewer, type PreviewerOptions } from './previewer.ts'

type Input = Partial<CollectEntryInput> & { path: string }
type Asked = Partial<Omit<PreviewRequest, 'kind' | 'by' | 'entries'>>

/** What the entries would collect; paths are names in the folder. */
async function preview(
  dir: LogDir,
  inputs: readonly Input[],
  asked: Asked = {},
  options: Partial<PreviewerOptions> = {},
): Promise<EntryPreview[]> {
  const specs = inputs.map((input) => {
    const exclude = (input.exclude ?? []).map((name) => dir.file(name))
    return CollectEntry.parse({ topic: 't', ...input, path: dir.file(input.path), exclude })
  })
  const previewer = new Previewer({
    clock: systemClock,
    roots: ['/'],
    origin: { host: 'web-1', ip: '10.0.0.1' },
    batchBytes: 1_000_000,
    deadLetterSuffix: '.dlq',
    ...options,
  })
  const request = PreviewRequest.parse({ kind: 'preview', by: 'ada', waitMs: 30_000, ...asked, entries: specs })
  return await previewer.preview(request, specs, AbortSignal.timeout(30_000))
}

/** What one entry would do with one file `a.log`, its lines as text. */
async function linesOf(
  t: TestContext,
  content: string | Buffer,
  input: Partial<CollectEntryInput> = {},
  asked: Asked = {},
  options: Partial<PreviewerOptions> = {},
): Promise<{ texts: string[]; file: EntryPreview['files'][number] }> {
  const dir = LogDir.create(t)
  dir.append('a.log', content)
  const [row] = await preview(dir, [{ path: 'a.log', ...input }], asked, options)
  const file = row?.files[0]
  assert.ok(file, JSON.stringify(row))
  return { texts: file.lines.map(({ text }) => text), file }
}

test('files that match are told with their size and first lines, those that do not with the reason', async (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('b.log', ['one', 'two', 'three'])
  dir.appendLines('a.log', ['first'])
  dir.appendLines('a.old.log', ['left out'])
  dir.append('core.log', Buffer.alloc(2_000, 'A\0'))
  dir.append('empty.log', '')
  mkdirSync(dir.file('folder.log'))
  dir.symlink('nowhere', 'broken.log')
  const [row] = await preview(dir, [{ path: '*.log', exclude: ['*.old.log'] }], { lines: 2 })
  assert.deepEqual(
    row?.files.map(({ path, size, lines, remark }) => [path, size, lines.map(({ text }) => text), remark]),
    [
      [dir.file('a.log'), 6, ['first'], null],
      [dir.file('b.log'), 14, ['one', 'two'], null],
      [dir.file('empty.log'), 0, [], null],
    ],
  )
  assert.deepEqual([row?.matched, row?.ignoredCount, row?.isComplete, row?.refused], [3, 4, true, null])
  const reasons = Object.fromEntries(row?.ignored.map(({ path, reason }) => [path.split('/').at(-1), reason]) ?? [])
  assert.match(reasons['a.old.log'] ?? '', /exclude/)
  assert.match(reasons['core.log'] ?? '', /no text/)
  assert.match(reasons['folder.log'] ?? '', /is a folder/)
  assert.match(reasons['broken.log'] ?? '', /leads nowhere/)
})

test('lines read as they would be sent: decoded, joined, filtered, redacted, taken out of their container', async (t) => {
  const gbk = Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0x0a])
  assert.deepEqual((await linesOf(t, gbk, { encoding: 'gbk' })).texts, ['你好'])
  const wide = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from('wide\n', 'utf16le').swap16()])
  assert.deepEqual((await linesOf(t, wide, { encoding: 'utf-16' })).texts, ['wide'])

  const trace = 'Error: x\n  at a\n  at b\nnext\n  at c\n'
  const joined = await linesOf(t, trace, { multiline: { continue: '^ ' } })
  assert.deepEqual(joined.texts, ['Error: x\n  at a\n  at b', 'next\n  at c'], 'the last one too, as after its timeout')
  assert.deepEqual(
    joined.file.lines.map(({ offset }) => offset),
    [0, 23],
  )

  const filtered = await linesOf(t, 'drop 1\nkeep password=x\ndrop 2\nkeep 2\n', {
    excludeLines: ['^drop'],
    redact: [{ pattern: 'password=\\S+', replace: '***' }],
  })
  assert.deepEqual(filtered.texts, ['keep ***', 'keep 2'])
  assert.deepEqual([filtered.file.filtered, filtered.file.redacted], [2, 1])

  const docker = '{"log":"of the program\\n","stream":"stdout","time":"2026-11-21T00:00:00Z"}\nno JSON\n'
  const taken = await linesOf(t, docker, { container: 'docker' })
  assert.deepEqual(taken.texts, ['of the program', 'no JSON'])
  assert.equal(taken.file.unwrapped, 1)

  const broken = await linesOf(t, Buffer.from([0x61, 0xff, 0x0a]), { encoding: 'shift_jis' })
  assert.equal(broken.file.undecoded, 1)
})

test('a line that is too long goes where its entry says; what is shown is cut between characters', async (t) => {
  const long = `${'é'.repeat(100)}\nshort\n`
  const set = { maxLineBytes: 64, onLongLine: 'deadLetter' } as const
  const dead = await linesOf(t, long, set)
  assert.deepEqual(
    dead.file.lines.map(({ isDeadLetter }) => isDeadLetter),
    [...dead.file.lines.slice(1).map(() => true), false],
  )
  assert.equal(dead.texts.at(-1), 'short')
  const cut = await linesOf(t, long, {}, { lineBytes: 5 })
  assert.deepEqual(
    cut.file.lines.map(({ text, isCut }) => [text, isCut]),
    [
      ['éé', true],
      ['short', false],
    ],
  )
})

test('a batch that holds only a few lines holds up nothing', async (t) => {
  const lines = Array.from({ length: 20 }, (_, i) => `${i} ${'x'.repeat(5_000)}`)
  const { texts } = await linesOf(t, `${lines.join('\n')}\n`, {}, { lines: 20, lineBytes: 10 }, { batchBytes: 32_768 })
  assert.deepEqual(
    texts,
    lines.map((line) => line.slice(0, 10)),
  )
})

test('a line that is not finished, and one that is longer than what is looked at, are told', async (t) => {
  const unfinished = await linesOf(t, 'whole\nnot who')
  assert.deepEqual(unfinished.texts, ['whole'])
  assert.match(unfinished.file.remark ?? '', /not finished/)
  const endless = await linesOf(t, 'x'.repeat(300_000))
  assert.deepEqual(endless.texts, [])
  assert.match(endless.file.remark ?? '', /Only its first 131072 bytes/)
})

test('packed files show what they hold; a broken one says so', async (t) => {
  const dir = LogDir.create(t)
  for (const [name, form] of [
    ['a.log', 'gzip'],
    ['b.log', 'zstd'],
  ] as const) {
    dir.appendLines(name, ['packed', 'lines'])
    dir.compress(name, form)
  }
  dir.append('c.log.gz', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(40, 0xff)]))
  const [row] = await preview(dir, [{ path: '*' }])
  assert.deepEqual(
    row?.files.map(({ packed, lines }) => [packed, lines.map(({ text }) => text)]),
    [
      ['gzip', ['packed', 'lines']],
      ['zstd', ['packed', 'lines']],
      ['gzip', []],
    ],
  )
  assert.match(row?.files[2]?.remark ?? '', /broken/)
})

test('nothing outside of the roots is opened, neither by its path nor by a link', async (t) => {
  const [inside, outside] = [LogDir.create(t), LogDir.create(t)]
  outside.appendLines('secret.log', ['root:x'])
  inside.appendLines('a.log', ['fine'])
  inside.symlink(outside.file('secret.log'), 'link.log')
  const roots = { roots: [inside.file('')] }
  const [own] = await preview(inside, [{ path: '*.log' }], {}, roots)
  assert.deepEqual(
    own?.files.map(({ path }) => path),
    [inside.file('a.log')],
  )
  assert.match(own?.ignored[0]?.reason ?? '', /outside/)
  const [other] = await preview(outside, [{ path: '*.log' }], {}, roots)
  assert.match(other?.refused ?? '', /can match nothing inside/)
  assert.doesNotMatch(JSON.stringify([own, other]), /root:x/)
})

test('an entry that cannot run is refused alone; one that is not enabled is tried', async (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('a.log', ['a line'])
  const rows = await preview(dir, [
    { id: 'bad', path: '*.log', excludeLines: ['(a)\\1'] },
    { id: 'off', path: '*.log', enabled: false },
    { id: 'second', path: 'a.*' },
    { id: 'elsewhere', path: 'a.*', topic: 'u' },
  ])
  assert.match(rows[0]?.refused ?? '', /excludeLines/)
  assert.deepEqual(
    rows.map(({ matched }) => matched),
    [0, 1, 0, 1],
  )
  assert.match(rows[2]?.ignored[0]?.reason ?? '', /same file as .*entry 'off'/)
})

test('files that ignoreOlder leaves alone are told', async (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('old.log', ['x'])
  utimesSync(dir.file('old.log'), 1, 1)
  const [row] = await preview(dir, [{ path: '*.log', ignoreOlder: '1d' }])
  assert.match(row?.ignored[0]?.reason ?? '', /ignoreOlder/)
})

test('an answer keeps to the bytes, files and lines that were asked for, and counts the rest', async (t) => {
  const dir = LogDir.create(t)
  const lines = Array.from({ length: 30 }, (_, i) => `${i} ${'\u0001'.repeat(4_000)}`)
  for (let i = 0; i < 30; i++) dir.appendLines(`${String(i).padStart(2, '0')}.log`, lines)
  const asked = { files: 20, lines: 20, lineBytes: 4_096, replyBytes: 131_072 }
  const rows = await preview(dir, [{ path: '*.log' }], asked)
  assert.ok(Buffer.byteLength(JSON.stringify(rows)) <= 131_072)
  assert.equal(rows[0]?.matched, 30)
  assert.equal(rows[0]?.files.length, 20)
  assert.match(rows[0]?.files.at(-1)?.remark ?? '', /too large/)
})

test('a look that is called off ends with what it has, and says so', async (t) => {
  const dir = LogDir.create(t)
  for (let i = 0; i < 50; i++) mkdirSync(dir.file(`d${i}`))
  dir.appendLines('d49/a.log', ['x'])
  const spec = CollectEntry.parse({ path: dir.file('**/*.log'), topic: 't' })
  const options = {
    roots: ['/'],
    origin: { host: 'h', ip: '10.0.0.1' },
    batchBytes: 1_000_000,
    deadLetterSuffix: '.dlq',
  }
  const previewer = new Previewer({ clock: systemClock, ...options })
  const request = PreviewRequest.parse({ kind: 'preview', by: 'ada', waitMs: 30_000, entries: [spec] })
  const [row] = await previewer.preview(request, [spec], AbortSignal.abort())
  assert.equal(row?.isComplete, false)
})

test('a preview leaves the folder as it was, and no file open', async (t) => {
  const dir = LogDir.create(t)
  for (let i = 0; i < 5; i++) dir.appendLines(`${i}.log`, ['x'])
  dir.chmod('4.log', 0o000)
  const before = readdirSync(dir.file('')).map((name) => [name, statSync(dir.file(name)).mtimeMs])
  const handles = readdirSync('/proc/self/fd').length
  await preview(dir, [{ path: '*.log', deleteAfter: '1s' }])
  assert.deepEqual(
    readdirSync(dir.file('')).map((name) => [name, statSync(dir.file(name)).mtimeMs]),
    before,
  )
  assert.equal(readdirSync('/proc/self/fd').length, handles)
})
