import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { nativeRegex } from './native.ts'

/** The groups of the match at the beginning of the text, by RE2. */
function byRe2(pattern: string, text: string): (string | null)[] | null {
  const matcher = RE2JS.compile(pattern).matcher(text)
  if (!matcher.lookingAt()) return null
  return Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i))
}

function byNative(regex: RegExp, text: string): (string | null)[] | null {
  regex.lastIndex = 0
  const found = regex.exec(text)
  return found === null ? null : Array.from(found, (group) => group ?? null)
}

const safePatterns = [
  '^(\\S+) (\\S+) \\[([^\\]]+)\\] "(\\w+) ([^ "]+)(?: HTTP/([\\d.]+))?" (\\d{3}) (\\d+|-)$',
  '^(?P<time>\\d{4}-\\d\\d-\\d\\d) (?P<level>[A-Z]+) (?P<rest>.*)$',
  '(?:a|b)*c',
  '[^"\\\\]*(?:\\\\.[^"\\\\]*)*"',
  '(?:-|[+-]?[0-9]+)',
  'a{2,3}b?',
  '\\bword\\b',
]
for (const pattern of safePatterns) {
  test(`V8 may run ${pattern}`, () => assert.ok(nativeRegex(pattern)))
}

const unsafePatterns = [
  '(?:a+)+b',
  '(?:a*)*',
  '(?:a|a)*b',
  '(?:a|ab)*c',
  'a*a*b',
  '.*.*=',
  '(?:a?){20}',
  'x(?:ab?)*b?',
  'a*[ab]',
  '(.*?): ',
  '(?:x?|y?)*',
  '(?:a{1,2})*b',
  `${'(?:a|ab|abc)'.repeat(6)}!`,
  // What JavaScript reads in another way, or not at all.
  '(?:(a)|(b))*',
  '(?i)a',
  '\\pL',
  '[[:alpha:]]',
  '[]a]',
  'a**',
  'a{2}{3}',
  '\\z',
  '\\x41',
  'a{,3}',
  'a{3,2}',
  '[|-a]',
]
for (const pattern of unsafePatterns) {
  test(`V8 may not run ${pattern}`, () => assert.equal(nativeRegex(pattern), null))
}

test('only a pattern whose one alternative begins so is anchored', () => {
  assert.equal(nativeRegex('^a')?.isAnchored, true)
  assert.equal(nativeRegex('^(?:a|b)')?.isAnchored, true)
  assert.equal(nativeRegex('^a|b')?.isAnchored, false)
  assert.equal(nativeRegex('a')?.isAnchored, false)
})

const atoms =
  'a|b|.|\\d|\\w|\\S|\\s|\\W|[^a]|[ab]|[^\\s"]|[a-c.]|[é-ü]|\\.|\\b|^|$|(?:ab)|(b)|(\\w+)|(?P<n>[^ ]*)|😀|[^\\S]|\\n| '.split(
    '|',
  )
const atom = fc.constantFrom(...atoms, '(?:a|b)', '(a|)', '(?:-|(\\d+))', '(?:(a)|b)')
const times = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?', '??')
const part = fc.tuple(atom, times).map(([one, suffix]) => one + suffix)
const series = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
const anyPattern = fc
  .oneof(
    series,
    fc.tuple(series, series).map(([one, other]) => `${one}|${other}`),
    fc.tuple(series, times, series).map(([one, suffix, other]) => `^(?:${one})${suffix}${other}$`),
  )
  // Two groups of one name are refused by both.
  .filter((pattern) => pattern.split('?P<n>').length <= 2)
const anyText = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', ' ', '1', '.', '"', '-', '\n', 'é', '😀', '\u2028', '\v'),
  maxLength: 10,
})

test('where V8 may run a pattern, it finds what RE2 finds, and the same groups', () => {
  let count = 0
  fc.assert(
    fc.property(anyPattern, fc.array(anyText, { minLength: 4, maxLength: 4 }), (pattern, texts) => {
      const native = nativeRegex(pattern)
      if (native === null) return
      count++
      for (const text of texts) assert.deepEqual(byNative(native.regex, text), byRe2(pattern, text), text)
    }),
    { numRuns: 6_000 },
  )
  assert.ok(count > 500, `${count} patterns`)
})

test('where V8 may run a pattern, its time does not grow faster than the text', () => {
  const letters = fc.constantFrom('a', 'b', 'ab', '1', '. ', 'a b', '-', '\\"', '"')
  fc.assert(
    fc.property(anyPattern, letters, fc.constantFrom('', '!', '\n'), (pattern, piece, end) => {
      const native = nativeRegex(pattern)
      if (native === null) return
      const text = piece.repeat(60_000 / piece.length) + end
      const began = performance.now()
      byNative(native.regex, text)
      assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`)
    }),
    { numRuns: 4_000 },
  )
})

test('any text is a pattern for V8 or is not: nothing throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-c()[\]{}|*+?\\^$.,1-9<>:P-]{0,14}$/)), (pattern) => {
      nativeRegex(pattern)
    }),
    { numRuns: 5_000 },
  )
})
