import assert from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { test } from 'node:test'
import { TextDecoder } from 'node:util'
import fc from 'fast-check'
import { FeedBench } from '../../testing/feed-bench.ts'

/** Encodings of one byte, of up to four, with states that bytes leave behind, and of units of two. */
const names = [
  'utf-8',
  'gbk',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'windows-1252',
  'koi8-r',
  'iso-8859-8',
  'x-mac-cyrillic',
  'utf-16le',
  'utf-16be',
]
const delimiters = ['\n', ';', '#;']

/** Bytes that begin characters, end them, or do neither, in one encoding or another; no NUL: many of them in front of a line are a hole. */
const byte = fc.oneof(
  fc.constantFrom(0x0a, 0x0d, 0x23, 0x3b, 0x30, 0x41, 0x5c, 0x7e),
  fc.constantFrom(0x80, 0x81, 0x8e, 0x8f, 0xa1, 0xd8, 0xdc, 0xe3, 0xfe, 0xff),
  fc.integer({ min: 1, max: 255 }),
)

interface Input {
  encoding: string
  delimiter: string
  content: Buffer
  /** Bytes of one read, and where the process dies between two reads. */
  chunkBytes: number
  crashAt: number
}

const input: fc.Arbitrary<Input> = fc
  .record({
    encoding: fc.constantFrom(...names),
    delimiter: fc.constantFrom(...delimiters),
    bytes: fc.array(byte, { maxLength: 200, size: 'max' }),
    chunkBytes: fc.integer({ min: 1, max: 60 }),
    crashAt: fc.nat(200),
  })
  .map(({ encoding, delimiter, bytes, chunkBytes, crashAt }) => {
    const isWide = encoding.startsWith('utf-16')
    const whole = Buffer.from(isWide ? bytes.slice(0, bytes.length & ~1) : bytes)
    const content = Buffer.concat([whole, encoded(delimiter, encoding)])
    return { encoding, delimiter, content, chunkBytes, crashAt: Math.min(crashAt, content.length) }
  })

function encoded(text: string, encoding: string): Buffer {
  const wide = Buffer.from(text, 'utf16le')
  return encoding === 'utf-16be' ? wide.swap16() : encoding === 'utf-16le' ? wide : Buffer.from(text)
}

/** The lines of the whole file: its bytes cut at each delimiter, and each line decoded by itself. */
function linesOf({ encoding, delimiter, content }: Input): [offset: number, text: string][] {
  const unit = encoding.startsWith('utf-16') ? 2 : 1
  const end = encoded(delimiter, encoding)
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  const mark = { 'utf-8': [0xef, 0xbb, 0xbf], 'utf-16le': [0xff, 0xfe], 'utf-16be': [0xfe, 0xff] }[encoding] ?? []
  // What is ASCII stays as it is: ICU exchanges three control characters in Shift-JIS (0x1A, 0x1C, 0x7F).
  const text = (line: Buffer): string => (unit === 1 && isAscii(line) ? line.toString('latin1') : decoder.decode(line))
  const lines: [number, string][] = []
  let start = mark.length > 0 && mark.every((each, i) => content[i] === each) ? mark.length : 0
  for (let at = start; at < content.length; at += unit) {
    if (content.compare(end, 0, end.length, at, at + end.length) !== 0) continue
    const back = encoded('\r', encoding)
    const hasReturn = delimiter === '\n' && at - unit >= start && content.subarray(at - unit, at).equals(back)
    lines.push([start, text(content.subarray(start, hasReturn ? at - unit : at))])
    start = at + end.length
    at = start - unit
  }
  return lines
}

test('any bytes in any encoding: lines end where they end, what cannot be decoded is replaced, and reading never stands still', async () => {
  await fc.assert(
    fc.asyncProperty(input, async (given) => {
      const { encoding, delimiter, content, chunkBytes, crashAt } = given
      const bench = await FeedBench.open({ encoding, delimiter }, 4_096)
      await bench.read(content.subarray(0, crashAt), chunkBytes)
      await bench.crash(crashAt, crashAt % 2 === 0)
      await bench.read(content, chunkBytes)
      const records = await bench.records()
      assert.deepEqual(
        records.map(({ offset, text }) => [offset, text]),
        linesOf(given),
      )
      assert.equal(bench.source.acked, content.length)
    }),
    { numRuns: Number(process.env['LOGPIPE_FEED_RUNS'] ?? 1_000) },
  )
})
