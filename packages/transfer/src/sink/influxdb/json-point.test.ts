import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointOfJson } from './json-point.ts'

const time = 1_700_000_000_123

function line(text: string, precision: 'ns' | 'us' | 'ms' | 's' = 'ms'): string {
  const point = pointOfJson(text, [{ key: 'host', value: 'web-1' }], time, precision)
  return 'line' in point ? point.line : `fault: ${point.fault}`
}

test('measurement, tags, fields and time of a record become a point, with the tags of its source', () => {
  const tags = '"tags":{"disk":"sda","n":7,"on":true,"none":null,"empty":""}'
  assert.equal(
    line(`{"measurement":"disk",${tags},"fields":{"used":12,"free":1.0,"ok":false,"note":"a b"},"timestamp":17}`),
    'disk,disk=sda,n=7,on=true,host=web-1 used=12i,free=1.0,ok=false,note="a b" 17',
  )
  assert.equal(line('{"name":"cpu","fields":{"load":1e0},"tags":{"host":"own"}}'), `cpu,host=own load=1e0 ${time}`)
})

test('numbers keep what they were written as: every digit, and whether they are integers', () => {
  const numbers = '"a":9007199254740993,"b":-0,"c":-0.0,"d":18446744073709551615,"e":1e400,"f":0.1000000000000000055'
  assert.equal(
    line(`{"name":"m","fields":{${numbers}}}`),
    `m,host=web-1 a=9007199254740993i,b=-0i,c=-0.0,d=18446744073709551615,f=0.1000000000000000055 ${time}`,
  )
})

test('times are milliseconds or RFC 3339, in the unit that is asked for', () => {
  const at = (timestamp: string, precision: 'ns' | 'us' | 'ms' | 's'): string =>
    line(`{"name":"m","fields":{"v":true},"timestamp":${timestamp}}`, precision).split(' ')[2] as string
  assert.equal(at('1700000000123', 'ns'), '1700000000123000000')
  assert.equal(at('1700000000123', 'us'), '1700000000123000')
  assert.equal(at('-1', 's'), '-1')
  assert.equal(at('0', 'ns'), '0')
  assert.equal(at('"2023-11-14T23:13:20.123+01:00"', 'ms'), '1700000000123')
  const finest = '"2023-11-14T22:13:20.123456789Z"'
  assert.equal(at(finest, 'ns'), '1700000000123456789')
  assert.equal(at(finest, 'us'), '1700000000123456')
  assert.equal(at(finest, 's'), '1700000000')
  assert.equal(at('"1969-12-31T23:59:59.5Z"', 'ns'), '-500000000')
  assert.equal(at('"1969-12-31T23:59:59.5Z"', 's'), '-1')
  assert.equal(at('"1970-01-01T00:00:00Z"', 'us'), '0')
  assert.match(
    line('{"name":"m","fields":{"v":1},"timestamp":"2023-02-30T00:00:00Z"}'),
    /^fault: the timestamp is neither/,
  )
  assert.match(
    line('{"name":"m","fields":{"v":1},"timestamp":"2263-01-01T00:00:00Z"}'),
    /^fault: the timestamp is neither/,
  )
  assert.match(line('{"name":"m","fields":{"v":1},"timestamp":1.5}'), /^fault: the timestamp is neither/)
  assert.match(line('{"name":"m","fields":{"v":1},"timestamp":1e15}'), /^fault: the timestamp is neither/)
  assert.match(line('{"name":"m","fields":{"v":1},"timestamp":9300000000000}'), /^fault: the timestamp is neither/)
  assert.match(line('{"name":"m","fields":{"v":1},"timestamp":"yesterday"}'), /^fault: the timestamp is neither/)
})

test('separators are escaped, and what line protocol cannot carry becomes its nearest', () => {
  assert.equal(
    line(String.raw`{"name":"a,b c=d","tags":{"k=1":"C:\\","p":"x\\y\nz"},"fields":{"f 1":"say \"\\\"\n"}}`),
    String.raw`a\,b\ c=d,k\=1=C:/,p=x\y\ z,host=web-1 f\ 1="say \"\\\"` + `\n" ${time}`,
  )
})

test('a record whose fields have no values makes no point; one that is no point is refused', () => {
  assert.equal(line('{"name":"m","fields":{"nan":null,"inf":1e999}}'), '')
  assert.equal(line('{"name":"m","fields":{}}'), '')
  for (const [text, fault] of [
    ['{', 'the value is no JSON object'],
    ['[1]', 'the value is no JSON object'],
    ['{"fields":{"v":1}}', 'there is no measurement (a text that is not empty)'],
    ['{"name":"#m","fields":{"v":1}}', "the measurement starts with '#', which makes a line a comment"],
    ['{"name":"m"}', 'there are no fields (an object)'],
    ['{"name":"m","fields":[1]}', 'there are no fields (an object)'],
    ['{"name":"m","fields":{"v":1},"tags":"x"}', 'the tags are no object'],
    ['{"name":"m","fields":{"v":{}}}', 'a field is neither text nor number nor true or false, or has no name'],
    [
      '{"name":"m","fields":{"v":1},"tags":{"":1}}',
      'a tag is neither text nor number nor true or false, or has no name',
    ],
  ] as const) {
    assert.equal(line(text), `fault: ${fault}`)
  }
})
