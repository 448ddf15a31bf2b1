import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline, type PipelineInput } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'
import fc from 'fast-check'
import { PipelineEvent } from './event.ts'
import { compilePipeline } from './compile.ts'
import { WholeFloat } from './json-value.ts'
import { pipelineOf, readMs, runLine } from './test-event.ts'

const json = { json: {} }

test('rename moves fields and passes over those that are not there', () => {
  const rename = { fields: { lvl: 'log.level', 'a.b': 'a', none: 'x', message: 'event.original' } }
  const event = runLine('{"lvl":"W","a":{"b":1}}', json, { rename })
  assert.deepEqual(event.fields, { log: { level: 'W' }, a: 1, event: { original: '{"lvl":"W","a":{"b":1}}' } })
  assert.equal(event.hasMessage, false)
})

test('rename leaves a field where its new place is taken', () => {
  const event = runLine('{"a":1,"b":{"c":2}}', json, { rename: { fields: { a: 'b' } } })
  assert.deepEqual(event.fields, { a: 1, b: { c: 2 } })
  assert.deepEqual(event.tags, ['_field_conflict'])
})

test('what is renamed, converted or replaced counts once: a text of more than half the budget is not lost on the way', () => {
  const budget = { fields: 10, depth: 3, bytes: 2_048 }
  const long = 'x'.repeat(1_500)
  const steps: PipelineInput['processors'][] = [
    [{ rename: { fields: { a: 'b.c' } } }, { rename: { fields: { 'b.c': 'd' } } }],
    [
      { convert: { fields: { a: 'string' } } },
      { add: { fields: { copy: '{a}' } } },
      { rename: { fields: { a: 'd' } } },
    ],
    [{ rename: { fields: { list: 'd' } } }, { remove: { fields: ['d', 'a'] } }, { add: { fields: { d: long } } }],
    [
      { add: { fields: { a: 'y'.repeat(1_500) } } },
      { add: { fields: { a: long } } },
      { rename: { fields: { a: 'd' } } },
    ],
  ]
  for (const processors of steps) {
    const pipeline = compilePipeline(Pipeline.parse({ processors: [json, ...processors], budget }))
    const event = new PipelineEvent(JSON.stringify({ a: long, list: [1, { n: 'x'.repeat(200) }] }), readMs, budget)
    pipeline.run(event)
    assert.equal(event.get('d'), long, JSON.stringify(processors[0]).slice(0, 60))
  }
  const twice = [json, { add: { fields: { b: long } } }]
  const full = new PipelineEvent(JSON.stringify({ a: long }), readMs, budget)
  compilePipeline(Pipeline.parse({ processors: twice, budget })).run(full)
  assert.deepEqual([full.get('b'), full.tags], [undefined, ['_budget_exceeded']])
})

test('remove takes away fields, tags and the message', () => {
  const event = runLine('{"a":{"b":1,"c":2},"tags":["x"]}', json, {
    remove: { fields: ['a.b', 'tags', 'message', 'none'] },
  })
  assert.deepEqual([event.fields, event.tags, event.hasMessage], [{ a: { c: 2 } }, [], false])
})

test('convert turns values into those of another kind, in lists too', () => {
  const fields = {
    i: 'integer',
    big: 'integer',
    hex: 'integer',
    f: 'float',
    b: 'boolean',
    s: 'string',
    ip: 'ip',
  } as const
  const line = '{"i":["1"," -2"],"big":"9007199254740993","hex":"0xff","f":"1.5e3","b":"Yes","s":5,"ip":"::1"}'
  assert.deepEqual(runLine(line, json, { convert: { fields: { ...fields, none: 'integer' } } }).fields, {
    i: [1, -2],
    big: '9007199254740993',
    hex: 255,
    f: new WholeFloat(1_500),
    b: true,
    s: '5',
    ip: '::1',
  })
})

test('an object becomes a text of JSON', () => {
  const event = runLine('{"a":{"b":{"c":[1,"x"]}},"n":1}', json, { convert: { fields: { 'a.b': 'string' } } })
  assert.deepEqual([event.fields, event.tags], [{ a: { b: '{"c":[1,"x"]}' }, n: 1 }, []])
})

test('a value that cannot be converted stays, and the failure names the field and not the value', () => {
  const wrong = { i: 'integer', f: 'float', b: 'boolean', ip: 'ip' } as const
  for (const [field, kind] of Object.entries(wrong)) {
    const event = runLine(`{"${field}":"secret"}`, json, { convert: { fields: { [field]: kind } } })
    assert.equal(event.get(field), 'secret')
    assert.match(String(event.get('error.message')), new RegExp(`^convert: the field ${field} cannot be made`))
    assert.deepEqual(event.tags, ['_convert_failure'])
  }
})

test('any value is converted to its kind or stays as it was', () => {
  const kinds = { integer: 'number', float: 'number', boolean: 'boolean', string: 'string' } as const
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.double(), fc.boolean()),
      fc.constantFrom(...Object.keys(kinds)),
      (value, kind) => {
        const event = new PipelineEvent()
        event.set('x', value)
        const before = event.get('x')
        pipelineOf({ convert: { fields: { x: kind as keyof typeof kinds } } }).run(event)
        const after = event.get('x')
        // Digits that a double does not hold stay text.
        if (event.tags.length > 0) assert.equal(after, before)
        else assert.ok(typeof after === kinds[kind as keyof typeof kinds] || /^-?\d{16,19}$/.test(String(after)))
      },
    ),
  )
})

test('add sets fields; braces stand for other fields, and nothing is set where one is missing', () => {
  const fields = {
    'event.kind': 'event',
    'event.severity': 5,
    'url.full': 'https://{host.name}{path}',
    copy: '{n}',
    braces: '{{n}}',
    none: 'a {missing} b',
    tags: ['web', '{missing}', '{path}'],
  }
  const event = runLine('{"n":7,"path":"/x","host":{"name":"web-1"}}', json, { add: { fields } })
  assert.deepEqual(event.fields, {
    n: 7,
    path: '/x',
    host: { name: 'web-1' },
    event: { kind: 'event', severity: 5 },
    url: { full: 'https://web-1/x' },
    copy: 7,
    braces: '{n}',
  })
  assert.deepEqual(event.tags, ['web', '/x'])
})

test('add without overwrite leaves alone what is there', () => {
  const add = { fields: { n: 1, m: 1 }, overwrite: false }
  assert.deepEqual(runLine('{"n":7}', json, { add }).fields, { n: 7, m: 1 })
})

test('tags that are not there are added without overwrite, and nothing is renamed or copied of them', () => {
  const fields = { tags: ['web'], copy: '{tags}' }
  const event = runLine('x', { rename: { fields: { tags: 'old' } } }, { add: { fields, overwrite: false } })
  assert.deepEqual([event.tags, event.fields], [['web'], { copy: ['web'] }])
  const without = runLine('x', { add: { fields: { copy: '{tags}' } } })
  assert.deepEqual(without.fields, {})
})

test('a template with an open brace is refused with its place', () => {
  for (const text of ['{a', '{}', 'x { y']) {
    assert.throws(
      () => pipelineOf({ add: { fields: { a: text } } }),
      (error) =>
        isLogpipeError(error, 'settings_invalid') && error.message.startsWith('processors[0].add: fields.a has'),
    )
  }
})

test('drop drops what its condition says, and the rest of the pipeline is not run', () => {
  const pipeline = pipelineOf({ drop: { if: { field: 'message', contains: 'healthz' } } }, json)
  assert.equal(pipeline.run(new PipelineEvent('GET /healthz')), false)
  assert.equal(pipeline.run(new PipelineEvent('{"a":1}')), true)
})
