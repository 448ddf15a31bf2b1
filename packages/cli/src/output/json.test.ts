import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonLine } from './json.ts'

test('whatever the text, it is one line without control characters, and reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = jsonLine({ text })
      assert.deepEqual(JSON.parse(line), { text })
      assert.match(line, /\n$/)
      assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
    }),
  )
  assert.equal(jsonLine('a\u009b2J\u202e'), '"a\\u009b2J\\u202e"\n')
})
