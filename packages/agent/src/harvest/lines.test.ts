import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineFramer } from './lines.ts'

interface Framed {
  offset: number
  text: string
}

/** Frames `bytes` as a harvester does: in chunks, each read beginning where the last complete line ended. */
function frame(
  bytes: Buffer,
  max: number,
  chunks: readonly number[] = [],
  cutAt = -1,
): { lines: Framed[]; rest: number } {
  const framer = new LineFramer()
  const lines: Framed[] = []
  let offset = 0
  const ends = [...chunks.filter((end) => end < bytes.length), bytes.length].sort((a, b) => a - b)
  for (const end of ends) {
    const view = bytes.subarray(offset, Math.max(offset, end))
    framer.reset(view, view.length, max, cutAt < offset ? -1 : cutAt - offset)
    let at = 0
    for (;;) {
      if (!framer.skipCutNewline(at)) {
        if (!framer.find(at)) break
        lines.push({ offset: offset + at, text: view.toString('latin1', at, framer.lineEnd) })
      }
      at = framer.next
    }
    offset += at
  }
  return { lines, rest: offset }
}

const text = fc
  .array(fc.constantFrom('a', 'é', '漢', '😀', '\n', '\r\n', '\r', ''), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join('')))
const bytes = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 120 }).map((array) => Buffer.from(array)),
)

test('lines end at a newline, one return before it is not part of them, an unfinished one waits', () => {
  assert.deepEqual(frame(Buffer.from('one\ntwo\r\n\n\r\n\r\r\nunfin'), 100), {
    lines: [
      { offset: 0, text: 'one' },
      { offset: 4, text: 'two' },
      { offset: 9, text: '' },
      { offset: 10, text: '' },
      { offset: 12, text: '\r' },
    ],
    rest: 15,
  })
})

test('lines are the same however the bytes arrive', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(120)), fc.integer({ min: 4, max: 40 }), (input, chunks, max) => {
      assert.deepEqual(frame(input, max, chunks), frame(input, max))
    }),
    { numRuns: 2_000 },
  )
})

test('lines and what separates them are the whole file: nothing is dropped, nothing stands twice', () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 4, max: 40 }), (input, max) => {
      const { lines, rest } = frame(input, max)
      let end = 0
      for (const { offset, text } of lines) {
        assert.match(input.toString('latin1', end, offset), /^(?:\r?\n)?$/)
        assert.equal(text, input.toString('latin1', offset, offset + text.length))
        assert.ok(text.length <= max)
        end = offset + text.length
      }
      assert.match(input.toString('latin1', end, rest), /^(?:\r?\n)?$/)
      assert.ok(!input.subarray(rest).includes(10) && input.length - rest < max + 2)
    }),
    { numRuns: 2_000 },
  )
})

test('a line is cut into pieces only when it is too long, and never inside a character', () => {
  const line = 'x'.repeat(9)
  assert.deepEqual(frame(Buffer.from(`${line}x\n`), 10).lines, [{ offset: 0, text: `${line}x` }])
  assert.deepEqual(frame(Buffer.from(`${line}x\r\n`), 10).lines, [{ offset: 0, text: `${line}x` }])
  assert.deepEqual(frame(Buffer.from(`${line}xy\n`), 10).lines, [
    { offset: 0, text: `${line}x` },
    { offset: 10, text: 'y' },
  ])
  const [first] = frame(Buffer.from(`${line}😀\n`), 10).lines
  assert.deepEqual(first, { offset: 0, text: line })
})

test('a cut ends the line there, and a newline right behind it belongs to it', () => {
  const cutAt = 5
  assert.deepEqual(frame(Buffer.from('ab\ncd'), 100, [], cutAt), {
    lines: [
      { offset: 0, text: 'ab' },
      { offset: 3, text: 'cd' },
    ],
    rest: 5,
  })
  const lines = [
    { offset: 0, text: 'ab' },
    { offset: 3, text: 'cd' },
    { offset: 6, text: 'next' },
  ]
  assert.deepEqual(frame(Buffer.from('ab\ncd\nnext\n'), 100, [], cutAt).lines, lines)
  assert.deepEqual(frame(Buffer.from('ab\ncdef\n'), 100, [], cutAt).lines, [
    ...lines.slice(0, 2),
    { offset: 5, text: 'ef' },
  ])
})

test('with a cut behind it, too, the newline of a line of just the greatest length is waited for', () => {
  const input = Buffer.from(`${'x'.repeat(16)}\r\n`)
  assert.deepEqual(frame(input, 16, [17], input.length), frame(input, 16, [], input.length))
})

test('with a cut, too, lines are the same however the bytes arrive', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(120)), fc.nat(120), (input, chunks, cut) => {
      const cutAt = Math.min(cut, input.length)
      assert.deepEqual(frame(input, 16, chunks, cutAt), frame(input, 16, [], cutAt))
    }),
    { numRuns: 2_000 },
  )
})
