import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRegex } from './regex.ts'

test('patterns are those of RE2; (?i) in front does not care for upper and lower case', () => {
  assert.ok(compileRegex('(?i)error|warn').test('an Error'))
  assert.ok(compileRegex('(?i)^\\[err').test('[ERR] x'))
  assert.ok(!compileRegex('error').test('an Error'))
  assert.ok(compileRegex('^\\d{4}-\\d\\d').test('2024-01'))
  assert.ok(compileRegex('(?P<year>\\d+)').test('1'))
})

test('a match is replaced wherever it stands, with what its groups held', () => {
  const card = compileRegex('(\\d{4})-\\d{4}')
  assert.equal(card.replaceAll('a 1234-5678 b 9999-0000', '$1-xxxx'), 'a 1234-xxxx b 9999-xxxx')
  assert.equal(card.replaceAll('nothing', '-'), 'nothing')
  assert.equal(compileRegex('secret').replaceAll('secret, secret', '[redacted]'), '[redacted], [redacted]')
  assert.equal(compileRegex('\\p{Han}+').replaceAll('a漢字b😀', '漢'), 'a漢b😀')
})

test('a match tells what each group held, by number, and the groups their names', () => {
  const time = compileRegex('(?P<hour>\\d+):(\\d+)(?::(?P<second>\\d+))?')
  assert.deepEqual(time.groups, [null, 'hour', null, 'second'])
  assert.deepEqual(time.match('at 12:34:56'), ['12:34:56', '12', '34', '56'])
  assert.deepEqual(time.match('é😀 12:34'), ['12:34', '12', '34', null])
  assert.equal(time.match('noon'), null)
  assert.deepEqual(compileRegex('a|b').match('xb'), ['b'])
})

test('matches and groups are those of the engine that everybody knows', () => {
  const part = fc.constantFrom('a', '(b+)', '(a|b)?', '(?:ab|(c))', '[^a]', '(.*)', '(a*?)', '(x|)', '\\b', '(\\w+)')
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', 'é', '😀'), maxLength: 12 })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), text, (parts, line) => {
      const pattern = parts.join('')
      const known = new RegExp(pattern, 'u').exec(line)
      assert.deepEqual(compileRegex(pattern).match(line), known && [...known].map((group) => group ?? null))
    }),
    { numRuns: 2_000 },
  )
})

const refused: [string, RegExp][] = [
  [
    '(a)\\1',
    /^'\(a\)\\1' is no pattern that can be used: back references are not supported; write the alternatives out\.$/,
  ],
  ['(?=x)y', /lookarounds are not supported; match what must stand there/],
  ['(?<!a)b', /lookarounds are not supported/],
  ['a++', /leave them out/],
  ['(', /missing closing \)/],
  ['a{1000}b{500}', /its counts are too large/],
]
for (const [pattern, sentence] of refused) {
  test(`${pattern} is refused with a sentence that helps`, () => {
    assert.throws(() => compileRegex(pattern), { code: 'settings_invalid', message: sentence })
  })
}

test('patterns that run away elsewhere do not, on half a megabyte', () => {
  const evil = [
    '(a+)+b',
    '(a|a)*b',
    '[aA]+b',
    '.*.*.*=',
    '(?i)(a+)+$b',
    '(.*)*b',
    '([a-z]+)*!',
    '(a+){1,10}b',
    '(a|aa)+$x',
  ]
  const texts = ['a'.repeat(500_000), `${'a'.repeat(500_000)}!`, 'ab'.repeat(250_000)]
  const began = performance.now()
  for (const pattern of evil) {
    const regex = compileRegex(pattern)
    for (const text of texts) {
      regex.test(text)
      regex.replaceAll(text, '')
    }
  }
  assert.ok(performance.now() - began < 30_000)
})

test('literal patterns find what the engine for all others finds', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'E', 'x', ' ', ':'), minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      word,
      word,
      (words, ignoresCase, a, b) => {
        const flag = ignoresCase ? '(?i)' : ''
        const text = `${a}${words[0]}${b}`.slice(1)
        // The group makes it more than a literal.
        const other = compileRegex(`${flag}(?:${words.join('|')})`)
        assert.equal(compileRegex(flag + words.join('|')).test(text), other.test(text))
      },
    ),
  )
})

test('any text is a pattern or is refused in a sentence', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-c()[\]{}|*+?\\^$.,1-9]{0,12}$/)), (pattern) => {
      try {
        compileRegex(pattern).test('abcabc')
      } catch (error) {
        assert.ok(error instanceof Error)
        assert.match(error.message, /is no pattern that can be used: .+\.$/s)
      }
    }),
    { numRuns: 2_000 },
  )
})
