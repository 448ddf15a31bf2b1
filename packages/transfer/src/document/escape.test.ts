import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxEscapedBytes, writeJsonText } from './escape.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function escape(text: Uint8Array): string {
  const out = Buffer.alloc(text.length * maxEscapedBytes)
  const end = writeJsonText(out, 0, text, 0, text.length)
  return out.toString('utf8', 0, end)
}

/** Bytes near the borders of UTF-8, so that broken sequences of every kind come up often. */
const trickyByte = fc.constantFrom(
  0x00,
  0x1f,
  0x22,
  0x5c,
  0x7f,
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc1,
  0xc2,
  0xdf,
  0xe0,
  0xed,
  0xef,
  0xf0,
  0xf4,
  0xf5,
  0xff,
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(trickyByte, { maxLength: 12 }).map((list) => Uint8Array.from(list)),
  fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Buffer.from(text, 'utf8')),
)

test('any bytes become a JSON string that parses to what TextDecoder makes of them', () => {
  fc.assert(
    fc.property(bytes, (text) => {
      assert.equal(JSON.parse(`"${escape(text)}"`), decoder.decode(text))
    }),
    { numRuns: 2_000 },
  )
})

test('every sequence of two and three tricky bytes is escaped as TextDecoder decodes it', () => {
  const list = [0x41, 0x80, 0x90, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xf0, 0xf1, 0xf4, 0xf5]
  for (const a of list) {
    for (const b of list) {
      for (const c of list) {
        const text = Uint8Array.of(a, b, c)
        assert.equal(JSON.parse(`"${escape(text)}"`), decoder.decode(text))
      }
    }
  }
})

test('control characters, quotes and backslashes are escaped as JSON wants them', () => {
  assert.equal(escape(Buffer.from('a"b\\c\td\u0001\u001f')), 'a\\"b\\\\c\\td\\u0001\\u001f')
})

test('a part of a longer buffer is escaped alone, and a sequence cut off at its end is broken', () => {
  const text = Buffer.from('xéy')
  const out = Buffer.alloc(20)
  const end = writeJsonText(out, 2, text, 1, 2)
  assert.equal(out.toString('utf8', 2, end), '\uFFFD')
})

test('what needs escaping is found at every place of a text, whatever stands around it and however it lies in memory', () => {
  const list = [0x00, 0x1f, 0x22, 0x5c, 0x80, 0xa2, 0xdc, 0xff]
  for (const around of [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f]) {
    for (let length = 1; length <= 13; length++) {
      for (let place = 0; place < length; place++) {
        for (const special of list) {
          const text = Buffer.alloc(length + 3, around)
          text[place + 3] = special
          const wanted = decoder.decode(text.subarray(3))
          for (const at of [0, 1, 2, 3]) {
            const out = Buffer.alloc(100)
            const end = writeJsonText(out, at, text, 3, text.length)
            assert.equal(JSON.parse(`"${out.toString('utf8', at, end)}"`), wanted)
          }
        }
      }
    }
  }
})

test('two special characters in a row, or with one between them, do not hide one another', () => {
  const list = ['"', '\\', '\u0000', '\u001f', ' ', '!', '#', 'é', '漢', '😀']
  for (const a of list)
    for (const b of list)
      for (const c of list)
        for (const d of list) assert.equal(JSON.parse(`"${escape(Buffer.from(a + b + c + d))}"`), a + b + c + d)
})
