import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLine } from './test-event.ts'

/** The fields as they go to Elasticsearch, which makes a field whose first value is `2` one of whole numbers, and cuts 2.5 to 2 then. */
function written(...args: Parameters<typeof runLine>): string {
  return JSON.stringify(runLine(...args).fields)
}

test('a whole number that JSON has with a fraction or an exponent keeps that it is no whole one', () => {
  const line = '{"a":2.0,"b":[1.00,-3.0 ,4],"c":{"d":1e3},"n":2,"big":1e20,"huge":1e300,"x":2.5,"s":"1.0"}'
  assert.equal(
    written(line, { json: {} }),
    '{"a":2.0,"b":[1.0,-3.0,4],"c":{"d":1000.0},"n":2,"big":100000000000000000000.0,"huge":1e+300,"x":2.5,"s":"1.0"}',
  )
})

test('convert to float, and grok with it, make numbers with a fraction of whole ones', () => {
  const convert = { fields: { a: 'float', b: 'float', c: 'float' } } as const
  assert.equal(written('{"a":"2","b":2,"c":[1,"2.5"]}', { json: {} }, { convert }), '{"a":2.0,"b":2.0,"c":[1.0,2.5]}')
  assert.equal(
    written('took 2 of 3', { grok: { patterns: ['%{NUMBER:took:float} of %{INT:all:int}'] } }),
    '{"took":2.0,"all":3}',
  )
})

test('such a number stays one where it is renamed or copied, and is a number to conditions, templates and levels', () => {
  const line =
    '{"took":2.0,"list":[404.0],"sev":30.0,"message":7.0,"tags":[1.0],"error":5.0,"@timestamp":1700000000000.0}'
  const event = runLine(
    line,
    { json: { keepOriginal: false } },
    { rename: { fields: { took: 'event.duration' } } },
    { add: { fields: { copy: '{event.duration}', text: 'in {event.duration} s' } } },
    { add: { if: { field: 'copy', equals: 2, lt: 3 }, fields: { is: 'number' } } },
    { add: { if: { field: 'list', equals: 404 }, fields: { in: 'list' } } },
    { level: { field: 'sev' } },
    { convert: { fields: { sev: 'integer' } } },
  )
  assert.equal(
    JSON.stringify(event.fields),
    '{"list":[404.0],"sev":30,"error":{"message":"5"},"event":{"duration":2.0},"copy":2.0,"text":"in 2 s","is":"number","in":"list","log":{"level":"info"}}',
  )
  assert.deepEqual([event.message, event.tags, event.timestampMs], ['7', ['1'], 1_700_000_000_000])
})
