import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CollectEntryInput } from '@logpipe/config'
import { FeedBench, type FedRecord } from '../../testing/feed-bench.ts'

type Entry = Partial<CollectEntryInput>

async function feed(entry: Entry, content: Buffer | string): Promise<FeedBench> {
  const bench = await FeedBench.open(entry)
  const bytes = Buffer.from(content)
  await bench.read(bytes)
  return bench
}

const pairs = (records: readonly FedRecord[]): [number, string][] => records.map(({ offset, text }) => [offset, text])

async function fed(entry: Entry, content: Buffer | string): Promise<[number, string][]> {
  const bench = await feed(entry, content)
  const records = pairs(await bench.records())
  assert.equal(bench.source.acked, bench.source.read, 'every byte that was read is acknowledged')
  return records
}

test('include goes first, then exclude; what is left out is covered all the same', async () => {
  const entry = { includeLines: ['ERROR|WARN', '^!'], excludeLines: ['noise'] }
  const bench = await feed(entry, 'ERROR 1\ninfo\nERROR noise\n! 2\nWARN 3\ninfo\n')
  assert.deepEqual(pairs(await bench.records()), [
    [0, 'ERROR 1'],
    [25, '! 2'],
    [29, 'WARN 3'],
  ])
  assert.equal(bench.source.acked, 41)
})

test('redaction replaces every match before anything leaves', async () => {
  const redact = ['\\d{4}-\\d{4}', { pattern: '(?i)password=(\\S)\\S*', replace: 'password=$1…' }]
  assert.deepEqual(await fed({ redact }, 'card 1234-5678 and 0000-1111\nPASSWORD=secret ok\n'), [
    [0, 'card [redacted] and [redacted]'],
    [29, 'password=s… ok'],
  ])
})

test('GBK becomes UTF-8; offsets stay those of the file', async () => {
  const gbk = Buffer.concat([
    Buffer.from([0xd6, 0xd0, 0xce, 0xc4, 0x0d, 0x0a]),
    Buffer.from('ascii\n'),
    Buffer.from([0xb2, 0xe2, 0xca, 0xd4, 0x31, 0x0a]),
  ])
  assert.deepEqual(await fed({ encoding: 'gbk' }, gbk), [
    [0, '中文'],
    [6, 'ascii'],
    [12, '测试1'],
  ])
})

test('UTF-16: by its mark or by name; a byte that looks like a newline within a character is none', async () => {
  const text = 'one\r\n上海\n\ntwo😀\n'
  const little = Buffer.from(text, 'utf16le')
  const big = Buffer.from(text, 'utf16le').swap16()
  const expected = (markBytes: number): [number, string][] => [
    [markBytes, 'one'],
    [markBytes + 10, '上海'],
    [markBytes + 16, ''],
    [markBytes + 18, 'two😀'],
  ]
  assert.deepEqual(await fed({ encoding: 'utf-16' }, Buffer.concat([Buffer.from([0xff, 0xfe]), little])), expected(2))
  assert.deepEqual(await fed({ encoding: 'utf-16' }, Buffer.concat([Buffer.from([0xfe, 0xff]), big])), expected(2))
  assert.deepEqual(await fed({ encoding: 'utf-16' }, little), expected(0))
  assert.deepEqual(await fed({ encoding: 'utf-16be' }, big), expected(0))
})

test('a byte order mark is dropped at the beginning of a file and kept anywhere else', async () => {
  assert.deepEqual(await fed({ includeLines: ['.'] }, '\ufeffa\n\ufeffb\n'), [
    [3, 'a'],
    [5, '\ufeffb'],
  ])
})

test('what cannot be decoded is replaced and counted, and stops nobody', async () => {
  const bench = await feed({ encoding: 'gbk' }, Buffer.from([0x41, 0xff, 0x0a, 0x42, 0x81, 0x0a, 0xd6, 0xd0, 0x0a]))
  assert.deepEqual(pairs(await bench.records()), [
    [0, 'A\ufffd'],
    [3, 'B\ufffd'],
    [6, '中'],
  ])
  assert.equal(bench.source.undecoded, 2)
})

test('any delimiter ends lines; a return is dropped before a newline only', async () => {
  assert.deepEqual(await fed({ delimiter: '||' }, 'a\n|b||c\r||'), [
    [0, 'a\n|b'],
    [6, 'c\r'],
  ])
  assert.deepEqual(await fed({ delimiter: '\u0000' }, 'a\0\0b\0'), [
    [0, 'a'],
    [2, ''],
    [3, 'b'],
  ])
  assert.deepEqual(await fed({ delimiter: '€', encoding: 'windows-1252' }, Buffer.from([0x61, 0x80, 0xe9, 0x80])), [
    [0, 'a'],
    [2, 'é'],
  ])
})

test('lines that follow are one event, joined by newlines, under the offset of the first', async () => {
  const content = '2024 a\n  at x\r\n  at y\n2024 b\n2024 c\n  at z\n2024 d\n'
  const bench = await feed({ multiline: { start: '^\\d{4}' } }, content)
  const whole: [number, string][] = [
    [0, '2024 a\n  at x\n  at y'],
    [22, '2024 b'],
    [29, '2024 c\n  at z'],
  ]
  assert.deepEqual(pairs(await bench.records()), whole)
  assert.equal(bench.feed.wholeEnd, content.length, 'the last one waits')
  await bench.cut(content.length)
  await bench.read(Buffer.from(content))
  assert.deepEqual(pairs(await bench.records()), [...whole, [43, '2024 d']])
})

test('an event ends at its bounds, wherever reading begins', async () => {
  const lines = Array.from({ length: 7 }, (_, i) => ` ${i}\n`).join('')
  const entry = { multiline: { indent: true, maxLines: 3 } }
  assert.deepEqual(await fed(entry, `first\n${lines}end\nlast\n`), [
    [0, 'first\n 0\n 1'],
    [12, ' 2\n 3\n 4'],
    [21, ' 5\n 6'],
    [27, 'end'],
  ])
})

test('an event that timed out before an empty line does not swallow that', async () => {
  const bench = await FeedBench.open({ multiline: { start: '^x' } })
  await bench.read(Buffer.from('x1\n'))
  await bench.cut(3)
  await bench.read(Buffer.from('x1\n\nx2\nx3\n'))
  assert.deepEqual(pairs(await bench.records()), [
    [0, 'x1'],
    [3, ''],
    [4, 'x2'],
  ])
})

const long = 'y'.repeat(100)

test('split: pieces have offsets of their own', async () => {
  const entry = { maxLineBytes: 64, includeLines: ['.'] }
  assert.deepEqual(await fed(entry, `a\n${long}\nb\n`), [
    [0, 'a'],
    [2, 'y'.repeat(64)],
    [66, 'y'.repeat(36)],
    [103, 'b'],
  ])
})

test('truncate: the beginning goes, the rest is passed over however long it is, also after a restart in the middle of it', async () => {
  const entry: Entry = { maxLineBytes: 64, onLongLine: 'truncate' }
  const content = Buffer.from(`a\n${'z'.repeat(300_000)}\nb\n${long}\n${long}`)
  const bench = await FeedBench.open(entry)
  await bench.read(content.subarray(0, 150_000), 4_096)
  assert.ok(bench.source.read > 149_000, 'the rest is taken as it comes')
  await bench.crash(content.length, true)
  await bench.read(content, 4_096)
  assert.deepEqual(pairs(await bench.records()), [
    [0, 'a'],
    [2, 'z'.repeat(64)],
    [300_003, 'b'],
    [300_005, 'y'.repeat(64)],
    [300_106, 'y'.repeat(64)],
  ])
})

test('deadLetter: the whole line rests in a topic of its own, with the reason; ranges go on over both', async () => {
  const bench = await feed({ maxLineBytes: 64, onLongLine: 'deadLetter' }, `a\n${long}\nb\n`)
  assert.deepEqual(pairs(await bench.records()), [
    [0, 'a'],
    [103, 'b'],
  ])
  const letters = await bench.records('t.dlq')
  assert.deepEqual(pairs(letters), [
    [2, 'y'.repeat(64)],
    [66, 'y'.repeat(36)],
  ])
  const [{ headers } = { headers: {} }] = letters
  const { 'dlq.at': at, 'dlq.reason': reason, source, ...others } = headers as Record<string, string>
  assert.deepEqual(others, { offset: '2', 'dlq.type': 'line_too_long', 'dlq.stage': 'agent', 'dlq.topic': 't' })
  assert.ok(!Number.isNaN(Date.parse(at ?? '')))
  assert.match(reason ?? '', /longer than 64 bytes/)
  assert.match(source ?? '', new RegExp(bench.source.id))
  assert.equal(bench.source.acked, 105)
})

test('a hole of NUL bytes makes no record, and the line behind it keeps its offset', async () => {
  const content = Buffer.concat([Buffer.alloc(200_000), Buffer.from('a\n\0\0b\n\0')])
  for (const entry of [{}, { includeLines: ['.'] }, { multiline: { start: '^' } }] as Entry[]) {
    const bench = await FeedBench.open(entry)
    await bench.read(content, 4_096)
    await bench.crash(content.length, true)
    await bench.read(content, 4_096)
    assert.deepEqual(pairs(await bench.records()), [
      [200_000, 'a'],
      [200_004, 'b'],
    ])
    assert.equal(bench.source.acked, content.length)
  }
})

test('lines of a container come out as the program wrote them; parts are joined; two streams interleave', async () => {
  const cri = (stream: string, tag: string, text: string): string => `2024-01-01T00:00:00.0Z ${stream} ${tag} ${text}\n`
  const lines = [
    cri('stdout', 'P', 'one '),
    cri('stderr', 'F', 'err'),
    cri('stdout', 'F', 'line'),
    'not of that format\n',
    cri('stdout', 'F', 'two'),
  ]
  const offsets = lines.map((_, i) => lines.slice(0, i).join('').length)
  assert.deepEqual(await fed({ container: 'cri' }, lines.join('')), [
    [0, 'one line'],
    [offsets[1], 'err'],
    [offsets[3], 'not of that format'],
    [offsets[4], 'two'],
  ])
})

const refused: [Entry, RegExp][] = [
  [{ includeLines: ['(?=a)b'] }, /^includeLines: .*lookarounds are not supported/],
  [{ redact: ['(a)\\1'] }, /^redact: .*back references are not supported/],
  [{ encoding: 'gbk', delimiter: '|' }, /may be a part of other characters in gbk/],
  [{ encoding: 'iso-2022-jp' }, /cannot be read line by line/],
]
for (const [entry, sentence] of refused) {
  test(`refused: ${JSON.stringify(entry)}`, async () => {
    await assert.rejects(FeedBench.open(entry), { message: sentence })
  })
}
