import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatFaults } from './fault.ts'
import { loadSettings } from './load.ts'
import { parsePipeline } from './pipeline.ts'

const key = '/logpipe/pipelines/app'

function faults(value: unknown): string {
  const checked = parsePipeline(typeof value === 'string' ? value : JSON.stringify(value), key)
  return checked.ok ? '' : formatFaults(checked.faults)
}

test('a pipeline is read with its defaults filled in', () => {
  assert.deepEqual(parsePipeline('{"processors": [{"json": {}}]}', key), {
    ok: true,
    value: {
      processors: [{ json: { field: 'message', keepOriginal: true, ignoreFailure: false } }],
      budget: { fields: 500, depth: 10, bytes: 1_048_576 },
    },
  })
})

test('what is wrong is told with its path and the nearest name', () => {
  assert.match(faults({ processors: [{ jsom: {} }] }), /processors\[0\]\.jsom is not a setting; did you mean 'json'\?/)
  assert.match(
    faults({ processors: [{ json: { feild: 'a' } }] }),
    /json\.feild is not a setting; did you mean 'field'\?/,
  )
  assert.match(faults({ processors: [{ json: {}, level: {} }] }), /processors\[0\] must have exactly one key/)
  assert.match(faults({ processors: [{}] }), /processors\[0\] must have exactly one key/)
  assert.match(
    faults({ processors: [{ rename: { fields: { a: 'log.offset' } } }] }),
    /must not be one of those that logpipe/,
  )
  assert.match(faults({ processors: [{ drop: {} }] }), /processors\[0\]\.drop\.if is missing/)
  assert.match(faults({ processors: [{ json: { if: { equals: 1 } } }] }), /equals needs a field to look at/)
  assert.match(faults('{"processors": '), /^ {2}\/logpipe\/pipelines\/app is not JSON/)
  assert.match(faults('[]'), /must be a section with keys/)
})

test('a route must name a pipeline that there is, unless etcd may hold it', () => {
  const faultsOf = (more: Record<string, string>): string => {
    const flags = { 'kafka.brokers': 'a:1', 'kafka.topics': 'a', 'elasticsearch.nodes': 'http://a:1', ...more }
    const loaded = loadSettings('transfer', { env: {}, flags })
    return loaded.ok ? '' : formatFaults(loaded.faults)
  }
  const routes = '[{"topics": ["a"], "pipeline": "app"}]'
  assert.match(faultsOf({ routes }), /^ {2}routes\[0\]\.pipeline is none of `pipelines`/)
  assert.equal(faultsOf({ routes, pipelines: '{"app": {"processors": []}}' }), '')
  assert.equal(faultsOf({ routes, 'etcd.endpoints': 'http://a:1' }), '')
})

test('conditions a hundred thousand levels deep are refused, not crashed on', () => {
  const deep = '{"not":'.repeat(100_000) + '{"field":"a"}' + '}'.repeat(100_000)
  assert.notEqual(faults(`{"processors":[{"json":{"if":${deep}}}]}`), '')
})

test('any JSON is a pipeline or has faults', () => {
  const name = fc.oneof(fc.constantFrom('processors', 'json', 'if', 'not', 'field', '__proto__', 'budget'), fc.string())
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, fc.jsonValue(), fc.dictionary(name, tie('value')), fc.array(tie('value'))),
  })).value
  fc.assert(
    fc.property(value, (any) => {
      const checked = parsePipeline(JSON.stringify(any) ?? '', key)
      assert.ok(checked.ok || checked.faults.length > 0)
    }),
  )
})
