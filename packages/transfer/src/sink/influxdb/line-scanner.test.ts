import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineScanner } from './line-scanner.ts'

interface Line {
  key: string
  fields: string
  time: string
}

function scan(text: string, tag = 'host'): { lines: Line[]; tagged: boolean[]; fault: string | null } {
  const bytes = Buffer.from(text)
  const scanner = new LineScanner('ns')
  scanner.reset(bytes, 0, bytes.length)
  const lines: Line[] = []
  const tagged: boolean[] = []
  const part = (start: number, end: number): string => bytes.toString('utf8', start, end)
  while (scanner.next()) {
    lines.push({
      key: part(scanner.keyStart, scanner.keyEnd),
      fields: part(scanner.fieldsStart, scanner.fieldsEnd),
      time: scanner.timeStart < 0 ? '' : part(scanner.timeStart, scanner.timeEnd),
    })
    tagged.push(scanner.hasTag(Buffer.from(tag)))
  }
  return { lines, tagged, fault: scanner.fault }
}

test('lines are found with their parts, whatever ends them; blank lines and comments are passed over', () => {
  const text = '# comment "\n\n  cpu,host=a load=1.5 17\r\n \t \nmem free=3i,ok=t   \r\nnote text="a, b=\n# c \\" d" -5'
  const lines = [
    { key: 'cpu,host=a', fields: 'load=1.5', time: '17' },
    { key: 'mem', fields: 'free=3i,ok=t', time: '' },
    { key: 'note', fields: 'text="a, b=\n# c \\" d"', time: '-5' },
  ]
  assert.deepEqual(scan(text), { lines, tagged: [true, false, false], fault: null })
})

test('escaped separators belong to the name', () => {
  const text = String.raw`a\,b\ c,t\=1=x\,host\=2,path=C:\dir f\ 1="x",g\,2=1u`
  const { lines, tagged, fault } = scan(text)
  assert.equal(fault, null)
  assert.deepEqual(lines, [
    { key: String.raw`a\,b\ c,t\=1=x\,host\=2,path=C:\dir`, fields: String.raw`f\ 1="x",g\,2=1u`, time: '' },
  ])
  assert.deepEqual(tagged, [false])
})

for (const [line, fault] of Object.entries({
  m: 'there are no fields',
  'm ': 'a field is empty',
  'm v': 'a field has no value',
  'm v=': 'a value is none of string, number, true and false',
  'm v=NaN': 'a value is none of string, number, true and false, or beyond 64 bits',
  'm v=1e400': 'a value is none of string, number, true and false, or beyond 64 bits',
  'm v=9223372036854775808i': 'a value is none of string, number, true and false, or beyond 64 bits',
  'm v="x': 'a string has no end',
  'm v="x"y': 'there is something behind the quotes of a string',
  'm v=1,': 'a field is empty',
  'm v=1 x': 'the time is no whole number, or beyond 1677 to 2262',
  'm v=1 9223372036854775807': 'the time is no whole number, or beyond 1677 to 2262',
  'm v=1 1 1': 'there is something behind the time',
  ',t=1 v=1': 'the measurement is empty',
  'm,t v=1': "a tag holds a ' ' without a backslash",
  'm,=x v=1': 'a tag is empty',
  'm,t= v=1': "a tag's value is empty",
  'm,t=a=b v=1': "a tag's value holds a '=' without a backslash",
  'm\u0001 v=1': 'the measurement holds a control character',
  [String.raw`m,t=a\\ v=1`]: "a tag's value holds backslashes that can be read in two ways",
  'm,t=a\\': "a tag's value holds backslashes that can be read in two ways",
})) {
  test(`refused: ${JSON.stringify(line)}`, () => {
    assert.deepEqual(scan(`ok v=1\n${line}`), {
      lines: [{ key: 'ok', fields: 'v=1', time: '' }],
      tagged: [false],
      fault: `line 2: ${fault}`,
    })
  })
}

test('any bytes are read to their end or to a fault, and what was passed is passed again', () => {
  const piece = fc.constantFrom('m', ',', '=', ' ', '\\', '"', '\n', '\r', '1', 'i', '#', 't', '.', '-', 'é', '\t')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const { lines } = scan(pieces.join(''))
      const again = scan(lines.map(({ key, fields, time }) => `${key} ${fields} ${time}\n`).join(''))
      assert.deepEqual(again, { lines, tagged: lines.map(() => false), fault: null })
    }),
    { numRuns: 5_000 },
  )
})
