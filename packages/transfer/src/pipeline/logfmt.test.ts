import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseLogfmt } from './logfmt.ts'
import { runLine } from './test-event.ts'

test('pairs become fields; quotes hold blanks, a key alone is true', () => {
  const line = 'level=info msg="it \\"works\\"\\n" dry  http.status=200 empty= q=""'
  assert.deepEqual(runLine(line, { logfmt: {} }).fields, {
    level: 'info',
    msg: 'it "works"\n',
    dry: true,
    http: { status: '200' },
    empty: '',
    q: '',
  })
  assert.deepEqual(runLine('a=1', { logfmt: { target: 'kv' } }).fields, { kv: { a: '1' } })
})

test('a message among the pairs takes the place of the line, which is kept', () => {
  const line = 'message="hello there" n=1'
  const event = runLine(line, { logfmt: {} })
  assert.deepEqual([event.message, event.get('event.original')], ['hello there', line])
})

test('the whole line is kept where the pairs are only a part of it', () => {
  const line = 'Nov 21 03:00:00 web-1 app[1]: message="hi" n=1'
  const event = runLine(line, { syslog: { content: 'log.content' } }, { logfmt: { field: 'log.content' } })
  assert.deepEqual([event.message, event.get('event.original')], ['hi', line])
})

test('what Go writes by its number is that character again', () => {
  const line = String.raw`a="\x1b[31mred\u001b[0m" b="\u00e9\ud83d\ude00\xff\U0001f600\U00110000" c="\xg1 \u12 \U12 \\x41 \\\x41"`
  assert.deepEqual(runLine(line, { logfmt: {} }).fields, {
    a: '\u001b[31mred\u001b[0m',
    b: 'é😀\ufffd😀\ufffd',
    c: String.raw`xg1 u12 U12 \x41 \A`,
  })
})

test('words of a sentence before the pairs take the place of no message, host, error or tag', () => {
  const line = 'error: the host sent no message error host message tags log @timestamp code=5'
  const event = runLine(line, { logfmt: {} })
  assert.deepEqual(event.fields, { 'error:': true, the: true, sent: true, no: true, code: '5' })
  assert.deepEqual([event.message, event.tags], [line, []])
  assert.deepEqual(runLine('error n=1', { logfmt: { target: 'kv' } }).fields, { kv: { error: true, n: '1' } })
})

test('a sentence is no logfmt, and an open quote is told', () => {
  assert.equal(runLine('just a sentence', { logfmt: {} }).get('error.message'), 'logfmt: the text holds no key=value')
  assert.equal(runLine('a="b', { logfmt: {} }).get('error.message'), 'logfmt: a quote is not closed')
})

test('what is written as logfmt is read back, and any text ends', () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9_.]{0,8}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.string())), (pairs) => {
      const text = pairs.map(([name, value]) => `${name}="${value.replaceAll(/[\\"]/g, '\\$&')}"`).join(' ')
      assert.deepEqual(parseLogfmt(text), pairs)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('=', '"', '\\', ' ', 'a', '\n') }), (text) => {
      const pairs = parseLogfmt(text)
      assert.ok(pairs === null || pairs.every(([name]) => name !== ''))
    }),
  )
})
