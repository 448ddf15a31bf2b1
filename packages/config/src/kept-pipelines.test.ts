import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keptPipelinesText, parseKeptPipelines } from './kept-pipelines.ts'

const item = fc.record(
  { key: fc.string().map((name) => `/a/${name}`), value: fc.string({ unit: 'binary' }), modRevision: fc.nat() },
  { noNullPrototype: true },
)

test('what is kept is read back as it was', () => {
  fc.assert(
    fc.property(fc.array(item), (items) => {
      assert.deepEqual(parseKeptPipelines(keptPipelinesText('/a', items), '/a'), items)
    }),
  )
})

test('what is damaged, or of another prefix, is not used, and why is told', () => {
  const text = keptPipelinesText('/a', [{ key: '/a/pipelines/x', value: '{}', modRevision: 7 }])
  assert.match(parseKeptPipelines(text, '/b') as string, /another/)
  for (let end = 0; end < text.length - 2; end++)
    assert.equal(typeof parseKeptPipelines(text.slice(0, end), '/a'), 'string')
  fc.assert(fc.property(fc.string(), (other) => void parseKeptPipelines(other, '/a')))
  fc.assert(fc.property(fc.json(), (other) => void parseKeptPipelines(other, '/a')))
  const foreign = { version: 1, prefix: '/a', pipelines: [{ key: '/b/x', value: '', modRevision: 1 }] }
  assert.deepEqual(parseKeptPipelines(JSON.stringify(foreign), '/a'), [])
})
