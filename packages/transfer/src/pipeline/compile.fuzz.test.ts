import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline } from '@logpipe/config'
import fc from 'fast-check'
import { compilePipeline } from './compile.ts'
import { PipelineEvent } from './event.ts'
import { isJsonObject, type JsonValue } from './json-value.ts'

const budget = { fields: 20, depth: 4, bytes: 2_000 }

const path = fc.constantFrom(
  'a',
  'a.b',
  'a.b.c',
  'b',
  'host.name',
  'log.level',
  'labels.x',
  'event.kind',
  'tags',
  'message',
)
const condition = fc.oneof(
  fc.record({ field: path }),
  fc.record({ field: path, equals: fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean()) }),
  fc.record({ not: fc.record({ field: path, contains: fc.constantFrom('a', '=') }) }),
  fc.record({ any: fc.array(fc.record({ field: path, gt: fc.integer() }), { minLength: 1, maxLength: 3 }) }),
)
const value = fc.oneof(
  fc.constantFrom('{a}', '{message} {a.b}', 'x', '{{'),
  fc.integer(),
  fc.array(fc.constantFrom('{a}', 'y')),
)
const common = { if: condition, ignoreFailure: fc.boolean() }
const some = { requiredKeys: [] as [] }
const kind = fc.constantFrom('integer', 'float', 'boolean', 'string', 'ip')
const fields = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.dictionary(path, each, { minKeys: 1, maxKeys: 4 })

const processor = fc.oneof(
  fc.record({ json: fc.record({ field: path, target: path, ...common }, some) }),
  fc.record({ logfmt: fc.record({ field: path, target: path, ...common }, some) }),
  fc.record({
    csv: fc.record({ columns: fc.array(path, { minLength: 1 }), field: path }, { requiredKeys: ['columns'] }),
  }),
  fc.record({ rename: fc.record({ fields: fields(path), ...common }, { requiredKeys: ['fields'] }) }),
  fc.record({
    remove: fc.record({
      fields: fc.array(
        path.filter((each) => each !== 'message'),
        { minLength: 1 },
      ),
    }),
  }),
  fc.record({ convert: fc.record({ fields: fields(kind), ...common }, { requiredKeys: ['fields'] }) }),
  fc.record({ add: fc.record({ fields: fields(value), overwrite: fc.boolean() }) }),
  fc.record({ level: fc.record({ field: path, target: path, ...common }, some) }),
  fc.record({ drop: fc.record({ if: condition }) }),
)
const line = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.dictionary(path, fc.jsonValue({ maxDepth: 3 })).map((object) => JSON.stringify(object)),
  fc.array(fc.tuple(path, fc.string({ maxLength: 5 }))).map((pairs) => pairs.map((pair) => pair.join('=')).join(' ')),
)

/** How many values stand in it, and how deep; lists count as one value. */
function measure(root: JsonValue, depth = 0): { count: number; depth: number } {
  if (!isJsonObject(root)) return { count: 1, depth }
  const inner = Object.values(root).map((each) => measure(each, depth + 1))
  return {
    count: inner.reduce((sum, each) => sum + each.count, 0),
    depth: Math.max(depth, ...inner.map((each) => each.depth)),
  }
}

test('any pipeline over any line ends, stays within its budget and makes a document that is JSON', () => {
  fc.assert(
    fc.property(
      fc.array(processor, { maxLength: 6 }),
      fc.array(line, { minLength: 1, maxLength: 5 }),
      (processors, lines) => {
        const pipeline = compilePipeline(Pipeline.parse({ processors, budget: { ...budget, bytes: 2_000 } }))
        const event = new PipelineEvent()
        for (const text of lines) {
          const bytes = Buffer.from(text)
          event.begin(bytes, 0, bytes.length, 0, { host: { name: 'web-1' }, labels: { x: 'y' } }, pipeline.budget)
          pipeline.run(event)
          const document = JSON.parse(JSON.stringify(event.fields)) as JsonValue
          const size = measure(document)
          // What is kept whatever the budget says: the reason of a failure, and the whole line.
          assert.ok(size.count <= budget.fields + 2, `${size.count} fields`)
          assert.ok(size.depth <= budget.depth, `${size.depth} levels`)
          assert.equal(event.tags.includes('_pipeline_missing'), false)
          if (event.isMessageUntouched) assert.equal(event.message, bytes.toString())
          if (pipeline.failedAt !== null) assert.ok(event.tags.includes(`_${pipeline.failedAt}_failure`))
          assert.doesNotMatch(String(event.get('error.message') ?? ''), /fault of its own/)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
