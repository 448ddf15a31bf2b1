import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PipelineEvent } from './event.ts'
import { pipelineOf, runLine } from './test-event.ts'

test('the fields of an object stand at the top, or below the target', () => {
  assert.deepEqual(runLine('{"a":{"b":1},"c.d":[true,null]}', { json: {} }).fields, {
    a: { b: 1 },
    c: { d: [true, null] },
  })
  assert.deepEqual(runLine('{"a":1}', { json: { target: 'app' } }).fields, { app: { a: 1 } })
})

test('a message of the object takes the place of the line, which is kept unless that is not wanted', () => {
  const line = '{"message":"hi"}'
  const kept = runLine(line, { json: {} })
  assert.deepEqual([kept.message, kept.fields], ['hi', { event: { original: line } }])
  assert.deepEqual(runLine(line, { json: { keepOriginal: false } }).fields, {})
})

test('the line is kept as it was first: where the JSON is only a part of it, and where there is JSON in the JSON', () => {
  const line = 'Nov 21 03:00:00 web-1 app[1]: {"message":"hi"}'
  const event = runLine(line, { syslog: { content: 'log.content' } }, { json: { field: 'log.content' } })
  assert.deepEqual([event.message, event.get('event.original')], ['hi', line])
  const outer = JSON.stringify({ message: '{"message":"in"}' })
  const inner = runLine(outer, { json: {} }, { json: {} })
  assert.deepEqual([inner.message, inner.get('event.original')], ['in', outer])
  const removed = runLine(
    '{"a":"{\\"message\\":\\"m\\"}"}',
    { json: {} },
    { remove: { fields: ['message'] } },
    { json: { field: 'a' } },
  )
  assert.deepEqual([removed.message, removed.get('event.original')], ['m', undefined])
})

test('JSON within a field is parsed where the field is named', () => {
  const event = runLine('{"log":{"body":"{\\"a\\":1}"}}', { json: {} }, { json: { field: 'log.body', target: 'body' } })
  assert.deepEqual(event.fields['body'], { a: 1 })
})

test('numbers of more digits than a double holds keep them all', () => {
  const { fields } = runLine('{"id":12345678901234567890,"n":-9007199254740993,"f":1.12345678901234567,"s":7}', {
    json: {},
  })
  assert.deepEqual(fields, { id: '12345678901234567890', n: '-9007199254740993', f: 1.1234567890123457, s: 7 })
})

test('what is no object is told apart', () => {
  const reason = (line: string): unknown => runLine(line, { json: {} }).get('error.message')
  assert.equal(reason('[1]'), 'json: the JSON is no object')
  assert.equal(reason('{"a":'), 'json: the text is no JSON')
  assert.equal(
    runLine('x', { json: { field: 'nothing' } }).get('error.message'),
    'json: the field nothing holds no text',
  )
})

test('JSON that is nested a hundred thousand levels deep, or has a million names, is cut to its budget', () => {
  for (const inner of ['1', '1234567890123456789']) {
    const deep = runLine(`${'{"a":'.repeat(100_000)}${inner}${'}'.repeat(100_000)}`, { json: {} })
    assert.ok(deep.tags.length > 0)
    assert.ok(JSON.stringify(deep.fields).length < 200)
  }
  const lists = runLine(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, { json: {} })
  assert.deepEqual(lists.tags, ['_budget_exceeded'])
  const names = Array.from({ length: 90_000 }, (_, index) => `"f${index}":1`).join()
  const wide = runLine(`{"x":{${names}}}`, { json: {} })
  assert.equal(Object.keys(wide.get('x') as object).length, 500)
  assert.deepEqual(wide.tags, ['_budget_exceeded'])
  const huge = runLine(`{"a":"${'x'.repeat(1 << 20)}"}`, { json: {} })
  assert.equal(huge.get('error.message'), 'json: the text is longer than the budget allows')
})

test('any JSON is taken whole where the budget allows it, and any text leaves the message as it is', () => {
  const pipeline = pipelineOf({ json: { target: 'x' } })
  const name = fc.stringMatching(/^[a-z]{1,5}$/)
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 4 }),
    ),
  })).value
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1 }), (object) => {
      const event = new PipelineEvent(JSON.stringify(object))
      assert.ok(pipeline.run(event))
      assert.deepEqual(event.get('x'), JSON.parse(JSON.stringify(object)))
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const event = new PipelineEvent(text)
      assert.ok(pipeline.run(event))
      assert.equal(event.message, text)
    }),
  )
})
