import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CollectEntryInput } from '@logpipe/config'
import fc from 'fast-check'
import { FeedBench } from '../../testing/feed-bench.ts'

/** A character as it stands in the file, and what it becomes. */
interface Token {
  text: string
  bytes: Buffer
}

/** What happens to the file and to its reader. */
type Step =
  | { do: 'read'; share: number; chunkBytes: number }
  | { do: 'crash'; isHeard: boolean }
  | { do: 'cut'; share: number; isWhole: boolean }

interface Setting {
  encoding: string
  delimiter: string
  isGrouped: boolean
  isFiltered: boolean
  onLongLine: 'split' | 'truncate' | 'deadLetter'
}

/** Of events no line is too long here: where their pieces begin in the file is not what is asked. */
const maxLineBytes = ({ isGrouped }: Setting): number => (isGrouped ? 30_000 : 64)
const maxLines = 3

const gbk: Record<string, number[]> = { é: [0xa8, 0xa6], 中: [0xd6, 0xd0], 丂: [0x81, 0x40] }
const tables: Record<string, (text: string) => Buffer> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
  gbk: (text) => Buffer.from(gbk[text] ?? [...Buffer.from(text, 'latin1')]),
  'windows-1252': (text) => Buffer.from(text === '€' ? [0x80] : [...Buffer.from(text, 'latin1')]),
}
const letters: Record<string, string[]> = {
  'utf-8': ['é', '中', '😀'],
  'utf-16le': ['é', '上', '😀'],
  'utf-16be': ['ਅ', '中', '😀'],
  gbk: ['é', '中', '丂'],
  'windows-1252': ['é', '€'],
}

const setting: fc.Arbitrary<Setting> = fc.record({
  encoding: fc.constantFrom(...Object.keys(tables)),
  delimiter: fc.constantFrom('\n', '\n', '\n', ';', '#;'),
  isGrouped: fc.boolean(),
  isFiltered: fc.boolean(),
  onLongLine: fc.constantFrom('split' as const, 'truncate' as const, 'deadLetter' as const),
})

function tokensOf({ encoding, delimiter }: Setting): fc.Arbitrary<Token[]> {
  const encode = tables[encoding] as (text: string) => Buffer
  const token = (text: string): Token => ({ text, bytes: encode(text) })
  const ends = { text: delimiter, bytes: Buffer.concat(Array.from(delimiter, encode)) }
  const broken = encoding === 'gbk' ? [{ text: '\ufffd', bytes: Buffer.from([0xff]) }] : []
  const single = fc.constantFrom(token('a'), token('!'), token('\r'), token('x'), ...broken)
  const other = fc.constantFrom(...(letters[encoding] as string[]).map(token))
  const run = fc.tuple(fc.oneof(single, other), fc.nat(90)).map(([one, count]) => new Array<Token>(count).fill(one))
  return fc
    .array(
      fc.oneof(
        { weight: 5, arbitrary: single.map((one) => [one]) },
        { weight: 4, arbitrary: other.map((one) => [one]) },
        { weight: 4, arbitrary: fc.constant([ends]) },
        { weight: 1, arbitrary: run },
      ),
      { maxLength: 120 },
    )
    .map((runs) => [...runs.flat(), ends])
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('read' as const),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    chunkBytes: fc.integer({ min: 1, max: 300 }),
  }),
  fc.record({ do: fc.constant('crash' as const), isHeard: fc.boolean() }),
  fc.record({
    do: fc.constant('cut' as const),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    isWhole: fc.boolean(),
  }),
)

interface Line {
  offset: number
  tokens: Token[]
  /** It was cut, so whatever is under way ends with it. */
  isCut: boolean
}

/** The lines of the whole file, as one who sees it at once would tell them. */
function linesOf(tokens: readonly Token[], { delimiter }: Setting, cuts: ReadonlySet<number>): Line[] {
  const lines: Line[] = []
  let at = 0
  let line: Line = { offset: 0, tokens: [], isCut: false }
  const next = (): void => {
    line = { offset: at, tokens: [], isCut: false }
  }
  let swallows = false
  for (const [i, token] of tokens.entries()) {
    if (cuts.has(at)) {
      if (line.tokens.length > 0) {
        lines.push({ ...line, isCut: true })
        const isEnd = token.text === delimiter
        swallows = isEnd || (delimiter === '\n' && token.text === '\r' && tokens[i + 1]?.text === '\n')
        next()
      } else {
        const last = lines.at(-1)
        if (last !== undefined) last.isCut = true
      }
    }
    at += token.bytes.length
    if (token.text !== delimiter) {
      line.tokens.push(token)
      continue
    }
    if (delimiter === '\n' && line.tokens.at(-1)?.text === '\r') line.tokens.pop()
    if (!swallows) lines.push(line)
    swallows = false
    next()
  }
  if (cuts.has(at)) {
    if (line.tokens.length > 0) lines.push({ ...line, isCut: true })
    else if (lines.length > 0) (lines.at(-1) as Line).isCut = true
  }
  return lines
}

const textOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join('')
const bytesOf = (tokens: readonly Token[]): number => tokens.reduce((sum, { bytes }) => sum + bytes.length, 0)

type Record_ = [number, string]

/** What must arrive at the topic, and at that of the dead letters. */
function expected(lines: readonly Line[], setting: Setting): { main: Record_[]; dead: Record_[] } {
  const { isGrouped, isFiltered, onLongLine } = setting
  const main: Record_[] = []
  const dead: Record_[] = []
  const clean = (text: string): string => (isFiltered ? text.replaceAll('x', '[x]') : text)
  const send = (offset: number, text: string): void => {
    if (!isFiltered || !text.includes('!')) main.push([offset, clean(text)])
  }
  let event: { offset: number; texts: string[] } | null = null
  const end = (): void => {
    if (event !== null) send(event.offset, event.texts.join('\n'))
    event = null
  }
  for (const { offset, tokens, isCut } of lines) {
    const text = textOf(tokens)
    if (bytesOf(tokens) > maxLineBytes(setting)) {
      end()
      let pieceOffset = offset
      let piece: Token[] = []
      const pieces: Record_[] = []
      for (const token of tokens) {
        if (bytesOf(piece) + token.bytes.length > maxLineBytes(setting)) {
          pieces.push([pieceOffset, textOf(piece)])
          pieceOffset += bytesOf(piece)
          piece = []
        }
        piece.push(token)
      }
      pieces.push([pieceOffset, textOf(piece)])
      if (onLongLine === 'deadLetter') dead.push(...pieces.map(([at, part]): Record_ => [at, clean(part)]))
      else for (const [at, part] of onLongLine === 'split' ? pieces : pieces.slice(0, 1)) send(at, part)
      continue
    }
    if (!isGrouped) {
      send(offset, text)
      continue
    }
    if (event === null || text.startsWith('a') || event.texts.length === maxLines) end()
    event ??= { offset, texts: [] }
    event.texts.push(text)
    if (isCut) end()
  }
  return { main, dead }
}

async function run(setting: Setting, tokens: readonly Token[], steps: readonly Step[]): Promise<void> {
  const { encoding, delimiter, isGrouped, isFiltered, onLongLine } = setting
  const content = Buffer.concat(tokens.map(({ bytes }) => bytes))
  const entry: Partial<CollectEntryInput> = {
    encoding,
    delimiter,
    maxLineBytes: maxLineBytes(setting),
    onLongLine,
    ...(isGrouped && { multiline: { start: '^a', maxLines, maxBytes: 30_000 } }),
    ...(isFiltered && { excludeLines: ['!'], redact: [{ pattern: 'x', replace: '[x]' }] }),
  }
  const bench = await FeedBench.open(entry, isGrouped ? 131_072 : 4_096)
  const cuts = new Set<number>()
  let size = 0
  for (const each of [...steps, { do: 'read', share: 1, chunkBytes: 100 } as const]) {
    if (each.do === 'crash') {
      await bench.crash(size, each.isHeard)
      continue
    }
    // The file never shrinks; it may stop within a character.
    size = Math.max(size, Math.round(each.share * content.length))
    await bench.read(content.subarray(0, size), each.do === 'read' ? each.chunkBytes : 50)
    if (each.do === 'read') continue
    const { wholeEnd, partialEnd } = bench.feed
    const end = each.isWhole ? wholeEnd : partialEnd < 0 ? size : partialEnd
    if (end <= bench.source.read) continue
    cuts.add(end)
    await bench.cut(end)
    await bench.read(content.subarray(0, size), 70)
    assert.ok(bench.source.read >= end, 'a cut ends what waits')
  }
  if (bench.source.read < content.length) {
    cuts.add(content.length)
    await bench.cut(content.length)
    await bench.read(content, 100)
  }
  const lines = linesOf(tokens, setting, cuts)
  const { main, dead } = expected(lines, setting)
  const arrived = async (topic: string): Promise<Record_[]> =>
    (await bench.records(topic)).map(({ offset, text }) => [offset, text])
  assert.deepEqual(await arrived('t'), main)
  assert.deepEqual(await arrived('t.dlq'), dead)
  assert.equal(bench.source.read, content.length)
  assert.equal(bench.source.acked, content.length, 'every byte is acknowledged once')
}

test('records are those of one who sees the whole file at once, however it is read, cut and restarted', async () => {
  const input = setting.chain((chosen) =>
    fc.tuple(fc.constant(chosen), tokensOf(chosen), fc.array(step, { maxLength: 8 })),
  )
  await fc.assert(
    fc.asyncProperty(input, async ([chosen, tokens, steps]) => run(chosen, tokens, steps)),
    { numRuns: Number(process.env['LOGPIPE_FEED_RUNS'] ?? 400) },
  )
})
