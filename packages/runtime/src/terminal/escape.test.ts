import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeControls, escapeLines } from './escape.ts'

test('what a terminal would obey is written out', () => {
  assert.equal(escapeControls('\u001b[31mred\u001b[0m'), '\\e[31mred\\e[0m')
  assert.equal(escapeControls('\u001b]0;title\u0007'), '\\e]0;title\\x07')
  assert.equal(escapeControls('a\rb\u009bc\u007f'), 'a\\rb\\x9bc\\x7f')
  assert.equal(escapeControls('user \u202ecod.exe'), 'user \\u202ecod.exe')
})

test('text, tabs and all scripts stay as they are', () => {
  const text = 'GET /ü?q="漢字"\t😀 שלום'
  assert.equal(escapeControls(text), text)
})

test('no control character gets through, whatever comes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(escapeControls(text), /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
    }),
  )
})

test('a second line cannot pass for a line of its own', () => {
  assert.equal(escapeLines('one\r\ntwo\n\u001b[2Jthree'), 'one\n    two\n    \\e[2Jthree')
})
