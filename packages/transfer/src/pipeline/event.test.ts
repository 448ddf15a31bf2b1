import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipelineEvent } from './event.ts'
import type { JsonValue } from './json-value.ts'
import { pathOf } from './path.ts'

const budget = { fields: 3, depth: 3, bytes: 1_024 }

test('dotted paths become objects in one another, and are read back', () => {
  const event = new PipelineEvent('line')
  assert.ok(event.set('http.response.status_code', 200))
  assert.ok(event.set('http.request', { method: 'GET', 'body.bytes': 5 }))
  assert.deepEqual(event.fields, {
    http: { response: { status_code: 200 }, request: { method: 'GET', body: { bytes: 5 } } },
  })
  assert.equal(event.get('http.request.body.bytes'), 5)
  assert.equal(event.get('http.request.constructor'), undefined)
  assert.equal(event.get('message'), 'line')
})

test('what is over the budget of fields, depth or bytes is left out, and the event tagged', () => {
  const fields = new PipelineEvent('', 0, budget)
  assert.equal(fields.set('', { a: 1, b: 2, c: 3, d: 4 }), false)
  assert.deepEqual(fields.fields, { _: { a: 1, b: 2, c: 3 } })
  assert.deepEqual(fields.tags, ['_budget_exceeded'])
  const depth = new PipelineEvent('', 0, budget)
  assert.ok(depth.set('a.b.c', 1))
  assert.equal(depth.set('a.b.d.e', 1), false)
  assert.equal(depth.set('a.l', [[[1]]]), false)
  assert.deepEqual(depth.fields, { a: { b: { c: 1 }, l: [[]] } })
  const bytes = new PipelineEvent('', 0, budget)
  assert.ok(bytes.set('a', 'x'.repeat(1_000)))
  assert.equal(bytes.set('b', 'x'.repeat(100)), false)
  assert.equal(bytes.get('b'), undefined)
})

test('a scalar in the way of an object, or the other way round, stays; the event is tagged', () => {
  const event = new PipelineEvent()
  event.set('a', 1)
  assert.equal(event.set('a.b', 2), false)
  event.set('c.d', 1)
  assert.equal(event.set('c', 2), false)
  assert.deepEqual(event.fields, { a: 1, c: { d: 1 } })
  assert.deepEqual(event.tags, ['_field_conflict'])
})

test('what logpipe writes and what Elasticsearch keeps to itself goes below `original`', () => {
  const event = new PipelineEvent()
  event.set('_id', 'x')
  event.set('data_stream', { type: 'metrics' })
  event.set('event', { dataset: 'other', action: 'login' })
  event.set('log', { offset: 5, level: 'info', file: { path: '/x', name: 'x' } })
  event.set('log.offset', 6)
  event.set('message.text', 'y')
  assert.deepEqual(event.fields, {
    original: {
      _id: 'x',
      data_stream: { type: 'metrics' },
      event: { dataset: 'other' },
      log: { offset: 6, file: { path: '/x' } },
      message: { text: 'y' },
    },
    event: { action: 'login' },
    log: { level: 'info', file: { name: 'x' } },
  })
})

test('a text where every document has an object finds a place of its own', () => {
  const event = new PipelineEvent()
  for (const name of ['host', 'error', 'labels', 'log', 'event']) event.set(name, 'x')
  assert.deepEqual(event.fields, {
    host: { name: 'x' },
    error: { message: 'x' },
    original: { labels: 'x', log: 'x', event: 'x' },
  })
})

test('what every document has as a text is one, so that no mapping refuses or hides the others', () => {
  const event = new PipelineEvent()
  event.set('error', { message: true, code: 5 })
  event.set('host', { name: 7 })
  assert.deepEqual(event.fields, { error: { message: 'true', code: 5 }, host: { name: '7' } })
  event.set('error.message', ['a', 5, null])
  assert.deepEqual(event.get('error.message'), ['a', '5', null])
  event.set('error', [1, true])
  assert.deepEqual(event.get('error.message'), ['1', 'true'])
})

test('tags are missing where there are none, and a time that is none is, too', () => {
  const event = new PipelineEvent('', Number.MAX_SAFE_INTEGER)
  assert.deepEqual([event.get('tags'), event.get('@timestamp')], [undefined, undefined])
  event.tag('a')
  assert.deepEqual(event.get('tags'), ['a'])
})

test('message, tags and time are no fields', () => {
  const event = new PipelineEvent('line', 5)
  event.set('message', 7)
  event.set('tags', ['a', 'a', 1, null, 'b'])
  event.set('@timestamp', '2026-11-20T21:00:00.5+01:00')
  assert.equal(event.message, '7')
  assert.deepEqual(event.tags, ['a', '1', 'b'])
  assert.equal(event.timestampMs, Date.UTC(2026, 10, 20, 20, 0, 0, 500))
  assert.deepEqual(event.fields, {})
  event.set('@timestamp', 'yesterday')
  assert.deepEqual(event.fields, { original: { '@timestamp': 'yesterday' } })
})

test('the time that a line brings is read as the processor timestamp reads it', () => {
  const read = (time: JsonValue): string | null => {
    const event = new PipelineEvent('line', Number.NaN)
    event.set('@timestamp', time)
    return Number.isNaN(event.timestampMs) ? null : new Date(event.timestampMs).toISOString()
  }
  assert.equal(read('2026-11-20T21:00:00.5Z'), '2026-11-20T21:00:00.500Z')
  assert.equal(read('2026-11-20 21:00:00,123456+0200'), '2026-11-20T19:00:00.123Z')
  assert.equal(read('2026-11-20 21:00:00.25+02'), '2026-11-20T19:00:00.250Z')
  assert.equal(read('2016-12-31T23:59:60Z'), '2017-01-01T00:00:00.000Z')
  assert.equal(read('2026-11-20'), '2026-11-20T00:00:00.000Z')
  assert.equal(read('2026-02-30T10:00:00Z'), null)
  assert.equal(read('2026-11-31'), null)
  assert.equal(read('20261120'), null)
  assert.equal(read('1795208400000'), '2026-11-20T21:00:00.000Z')
  assert.equal(read(-1_500), '1969-12-31T23:59:58.500Z')
})

test('a text named original leaves the place an object', () => {
  const event = new PipelineEvent('line')
  event.set('original', 'x')
  event.set('_id', 1)
  assert.deepEqual(event.fields, { original: { original: 'x', _id: 1 } })
})

test('an error that is no text makes the field no other kind than ours', () => {
  const event = new PipelineEvent('line')
  event.set('error', true)
  event.set('host', 7)
  assert.deepEqual(event.fields, { error: { message: 'true' }, host: { name: '7' } })
  const other = new PipelineEvent('line')
  other.set('error', { message: { a: 1 }, code: 5 })
  assert.deepEqual(other.fields, { original: { error: { message: { a: 1 } } }, error: { code: 5 } })
})

test('names that are blank to Elasticsearch alone are none', () => {
  const event = new PipelineEvent('line')
  event.set('\u001c', 1)
  event.set('a', { '\u001f \u001d': 2, '\u001cb': 3 })
  assert.deepEqual(event.fields, { _: 1, a: { _: 2, '\u001cb': 3 } })
})

test('tags that are pairs, as clouds have them, are kept below original', () => {
  const event = new PipelineEvent('line')
  assert.ok(event.set('tags', ['web', { Key: 'team', Value: 'shop' }, true]))
  assert.deepEqual(
    [event.tags, event.fields],
    [['web', 'true'], { original: { tags: [{ Key: 'team', Value: 'shop' }] } }],
  )
})

test('removing a field removes the objects that are empty then; the message can be removed on purpose', () => {
  const event = new PipelineEvent('line')
  event.set('a.b.c', 1)
  event.set('a.d', 1)
  event.remove('a.b.c')
  assert.deepEqual(event.fields, { a: { d: 1 } })
  event.remove('a.d')
  assert.deepEqual(event.fields, {})
  event.remove('message')
  assert.equal(event.get('message'), undefined)
  assert.equal(event.hasMessage, false)
})

test('what the record brought can be read, and what a processor puts wins', () => {
  const event = new PipelineEvent()
  event.begin(Buffer.from('a line'), 2, 6, 0, { host: { name: 'web-1' }, tags: ['x'] })
  assert.equal(event.message, 'line')
  assert.equal(event.get('host.name'), 'web-1')
  event.set('host.name', 'db-1')
  event.tag('y')
  assert.equal(event.get('host.name'), 'db-1')
  assert.deepEqual(event.get('tags'), ['x', 'y'])
  event.begin(Buffer.from('next'), 0, 4, 0)
  assert.deepEqual([event.fields, event.tags, event.message], [{}, [], 'next'])
})

test('names that JavaScript keeps for itself are names like any other', () => {
  const event = new PipelineEvent()
  event.set('a', JSON.parse('{"__proto__": {"x": 1}, "constructor": {"y": 2}}'))
  event.set('__proto__.z', 3)
  assert.deepEqual(JSON.parse(JSON.stringify(event.fields)), {
    a: { _proto_: { x: 1 }, constructor: { y: 2 } },
    _proto_: { z: 3 },
  })
  assert.equal(({} as Record<string, unknown>)['z'], undefined)
})

test('every line has the budget to itself', () => {
  const event = new PipelineEvent('', 0, budget)
  for (let line = 0; line < 5; line++) {
    event.begin(Buffer.alloc(0), 0, 0, 0, {}, budget)
    assert.ok(event.set('a', 'x'.repeat(900)))
    assert.ok(event.set('b', 1) && event.set('c', 2))
  }
})

test('what is removed makes room for others', () => {
  const event = new PipelineEvent('', 0, budget)
  event.set('a', { b: 1, c: [[5], { d: 2 }] })
  assert.equal(event.set('e', 3), false)
  event.remove('a.c')
  assert.ok(event.set('e', 3) && event.set('f', 4))
  assert.equal(event.set('g', 5), false)
})

test('what a name means is remembered where names come again, not where they are long enough to fill the memory', () => {
  assert.equal(pathOf('http.status'), pathOf('http.status'))
  const long = `a.${'b'.repeat(1_000)}`
  assert.notEqual(pathOf(long), pathOf(long))
  assert.deepEqual(pathOf(long).parts, ['a', 'b'.repeat(1_000)])
})

test('an object where every document has a text, and a list of objects where it has an object, stand below original', () => {
  const event = new PipelineEvent()
  event.set('host', [{ name: 'a' }])
  event.set('error', [{ code: 1 }])
  assert.deepEqual(event.fields, { original: { host: [{ name: 'a' }], error: [{ code: 1 }] } })
  const other = new PipelineEvent()
  other.set('host', { name: { first: 'a' }, ip: [{ v4: 'b' }], os: 'linux' })
  other.set('host.name.last', 'c')
  other.set('host.ip', ['10.0.0.1'])
  assert.deepEqual(other.fields, {
    original: { host: { name: { first: 'a', last: 'c' }, ip: [{ v4: 'b' }] } },
    host: { os: 'linux', ip: ['10.0.0.1'] },
  })
})
