import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonSchema, keysAt, type SchemaNode } from '../json-schema.ts'
import { parseEntries } from '../load/entries.ts'
import { CollectEntry } from './entry.ts'

function namesBelow(node: SchemaNode): string[] {
  const below = Object.entries(keysAt(node)).flatMap(([name, child]) => [name, ...namesBelow(child)])
  return node.items === undefined ? below : [...below, ...namesBelow(node.items)]
}

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...namesBelow(jsonSchema('entry'))) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '', 'x', 'startsAt') },
  { weight: 1, arbitrary: fc.string() },
)
const plainValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '/var/log/*.log',
    'topic',
    'utf-16',
    'gbk',
    '\n',
    'java',
    'cri',
    'split',
    'source',
    'end',
    '^a',
    '(',
    '5m',
  ),
  fc.constantFrom(
    '0s',
    '99999999999999d',
    'truncate',
    'beginning',
    '(?i)x',
    '[z-a]',
    '\\',
    2,
    500,
    -1,
    1e300,
    true,
    false,
    null,
  ),
)
const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
  tree: fc.dictionary(name, tie('node'), { maxKeys: 8 }),
  node: fc.oneof({ maxDepth: 3 }, plainValue, tie('tree'), fc.array(tie('node'), { maxLength: 3 })),
}))
const nearEntry = tree.map((keys) => ({ path: '/var/log/*.log', topic: 't', ...(keys as object) }))

/** A fault reads `path message`: no words of the checking library, no value, nothing that a person cannot act on. */
function assertSentence({ path, message }: { path: string; message: string }): void {
  assert.match(path, /^(\[\d+\]|\/key)/)
  assert.match(message, /^(and|belongs|can|cannot|has|holds|is|may|must|names|needs|should|starts)\b.*[^.]$/su, message)
  assert.doesNotMatch(message, /invalid input|undefined|NaN|\[object|too (big|small)|expected/i, message)
}

test('any JSON is read without an error, and every fault is a sentence at a path', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.oneof(nearEntry, tree), { maxLength: 4 })), (value) => {
      const { entries, faults } = parseEntries(JSON.stringify(value), '/key')
      if (Array.isArray(value)) assert.ok(entries.length + faults.length >= value.length)
      faults.forEach(assertSentence)
      assert.deepEqual(Object.keys(Object.prototype), [], 'the prototype of all objects was written to')
    }),
    { numRuns: 3_000 },
  )
})

test('what is accepted is whole, and reads as itself when it was normalised', () => {
  let accepted = 0
  const good = fc.record(
    {
      path: fc.constant('/var/log/*.log'),
      topic: fc.constant('t'),
      encoding: fc.constantFrom('gbk', 'UTF8', 'latin1', 'utf-16'),
      multiline: fc.record(
        { start: fc.constantFrom('^a', '(?i:b)'), negate: fc.boolean(), timeout: fc.constantFrom('1s', 200, '1h') },
        { requiredKeys: ['start'] },
      ),
      container: fc.constantFrom('docker', 'cri'),
      redact: fc.array(fc.oneof(fc.constantFrom('a', 'b+'), fc.constant({ pattern: 'c', replace: 'd' }))),
      partition: fc.oneof(fc.constantFrom('random', 'source'), fc.record({ key: fc.constantFrom('k') })),
      rateLimit: fc.record({ lines: fc.integer({ min: 1, max: 100 }) }),
      startAt: fc.constantFrom('beginning', 'end'),
      deleteAfter: fc.constantFrom('1d', '90s'),
    },
    { requiredKeys: ['path', 'topic'] },
  )
  fc.assert(
    fc.property(good, (value) => {
      const [entry] = parseEntries(JSON.stringify([value]), '/key').entries
      if (entry === undefined) return
      accepted++
      assert.deepEqual(CollectEntry.parse(JSON.parse(JSON.stringify(entry))), entry)
    }),
    { numRuns: 1_000 },
  )
  assert.ok(accepted > 300, `${accepted} of 1000 were accepted: the test tests something`)
})
