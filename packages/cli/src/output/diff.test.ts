import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffLines } from './diff.ts'

test('what is gone, new and the same around it is shown; the rest is left out', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`)
  assert.deepEqual(diffLines(lines.join('\n'), lines.with(9, 'other').join('\n')), [
    '…',
    '  line 6',
    '  line 7',
    '  line 8',
    '- line 9',
    '+ other',
    '  line 10',
    '  line 11',
    '  line 12',
    '…',
  ])
  assert.deepEqual(diffLines('a\nb\n', 'a\nb'), [])
  assert.deepEqual(diffLines('', 'a'), ['+ a'])
})

test('what is shown as gone and new turns one text into the other, also where it is too much to compare', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const lines = diffLines(a.join('\n'), b.join('\n'))
      const side = (sign: string): string[] =>
        lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(2))
      if (lines.length > 0) assert.deepEqual([side('+'), side('-')], [a, b])
      else assert.deepEqual(a, b)
    }),
  )
  const many = (mark: string): string => Array.from({ length: 2_100 }, (_, i) => `${mark}${i}`).join('\n')
  assert.equal(diffLines(many('a'), many('b')).length, 4_200)
})
