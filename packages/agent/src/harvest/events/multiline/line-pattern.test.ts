import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex } from '@logpipe/runtime/regex'
import fc from 'fast-check'
import { LinePattern } from './line-pattern.ts'

/** Whether the pattern matches the line, and how often the regex itself was asked. */
function ask(pattern: string, line: string): { matches: boolean; asked: number } {
  let asked = 0
  const by = new LinePattern(pattern, (text) => {
    const regex = compileRegex(text)
    const isWhole = text === pattern
    return { test: (given) => (isWhole && (asked += 1), regex.test(given)) }
  })
  asked = 0
  const bytes = Buffer.from(`0${line}0`)
  return { matches: by.test(bytes, 1, bytes.length - 1), asked }
}

const decidedByFirstByte: [pattern: string, line: string][] = [
  ['^\\d{4}-\\d\\d', '\tat Main.java'],
  ['^\\[', 'x'],
  ['^\\S+ now', ' x'],
  ['^[A-Z][a-z]+', '1'],
  ['^[^ \\t]{2,}', '\tx'],
  ['^2026', '1999'],
  ['^ +at ', 'x'],
]

test('a line that begins otherwise than the pattern is told by its first byte', () => {
  for (const [pattern, line] of decidedByFirstByte)
    assert.deepEqual(ask(pattern, line), { matches: false, asked: 0 }, pattern)
})

test('a pattern of one character or class is told by the first byte alone', () => {
  for (const [pattern, line] of [
    ['^\\s', '\tx'],
    ['^\\S', 'x'],
    ['^[ \\t]+', ' x'],
    ['^\\[', '[x'],
  ] as const) {
    assert.deepEqual(ask(pattern, line), { matches: true, asked: 0 }, pattern)
  }
})

const atom = fc.constantFrom(
  'a',
  'b',
  '-',
  ' ',
  '\\[',
  '\\.',
  '\\d',
  '\\S',
  '\\s',
  '\\W',
  '[ab]',
  '[^a]',
  '[\\]a]',
  '[a\\-c]',
  '[[:alpha:]]',
  '.',
  'é',
  '[é-ü]',
  '(a|b)',
  '(?i:a)',
  '(?:ab)',
  'a|b',
  '\\x61',
  '\\pL',
  '\\Q*\\E',
  '$',
  '\\b',
)
const times = fc.constantFrom('', '', '+', '*', '?', '{2}', '{0,1}', '{1,}', '+?', '*?', '{1}?', '{0}')
const pattern = fc
  .tuple(
    fc.constantFrom('^', '^', '', '(?i)^', '^^', '\\A'),
    fc.array(fc.tuple(atom, times), { minLength: 1, maxLength: 3 }),
  )
  .map(([anchor, parts]) => anchor + parts.map(([one, often]) => one + often).join(''))
const line = fc
  .array(fc.constantFrom('a', 'b', 'A', 'c', '-', ' ', '\t', '\v', '[', ']', '.', '*', '1', 'é', 'ö', '漢', '\n'), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''))

test('it matches what the regex matches, whatever the pattern and the line', () => {
  fc.assert(
    fc.property(pattern, line, (given, text) => {
      let expected: boolean
      try {
        expected = compileRegex(given).test(text)
      } catch {
        fc.pre(false)
        return
      }
      assert.equal(ask(given, text).matches, expected)
    }),
    { numRuns: 10_000 },
  )
})
