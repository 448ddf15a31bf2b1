import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCsv } from './csv.ts'
import { runLine } from './test-event.ts'

test('columns become fields by their order; those without a name or value, and those behind the last, are left out', () => {
  const columns = ['user.name', '', 'event.reason', 'url.path', 'x']
  assert.deepEqual(runLine('ann,skipped,"said ""no, thanks""",/a b,,more', { csv: { columns } }).fields, {
    user: { name: 'ann' },
    event: { reason: 'said "no, thanks"' },
    url: { path: '/a b' },
  })
})

test('separator, quote and blanks are as the options say', () => {
  const csv = { columns: ['a', 'b'], separator: '\t', quote: "'", trim: true }
  assert.deepEqual(runLine(" 1 \t'2\t '", { csv }).fields, { a: '1', b: '2\t ' })
})

test('blanks that are taken off may stand around quotes', () => {
  const csv = { columns: ['a', 'b', 'c', 'd'], trim: true }
  const line = ' "x y " , "p, ""q""",\t"r"\t, 5" disk '
  assert.deepEqual(runLine(line, { csv }).fields, { a: 'x y ', b: 'p, "q"', c: 'r', d: '5" disk' })
  assert.deepEqual(runLine("'1'\t '2'\t\t4", { csv: { ...csv, separator: '\t', quote: "'" } }).fields, {
    a: '1',
    b: '2',
    d: '4',
  })
})

test('a quote that is not closed, or has something behind it, is told', () => {
  for (const line of ['"a', '"a"b,c', '"a""']) {
    assert.equal(
      runLine(line, { csv: { columns: ['x', 'y'] } }).get('error.message'),
      'csv: a quote is not closed, or something stands behind it',
    )
  }
})

test('what is written as CSV is read back, and any text ends', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
      const text = values.map((value) => `"${value.replaceAll('"', '""')}"`).join(';')
      assert.deepEqual(parseCsv(text, ';', '"', 1_000), values)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(',', '"', 'a', '\n') }), fc.nat(5), (text, limit) => {
      assert.ok((parseCsv(text, ',', '"', limit)?.length ?? 0) <= limit)
    }),
  )
})
