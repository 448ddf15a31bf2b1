import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectEntry } from '@logpipe/config'
import { compilePlan } from './compile.ts'

const entry = (input: object): CollectEntry => CollectEntry.parse({ path: '/var/log/*.log', topic: 't', ...input })

test('entries that did not change are the same objects, whatever stands around them; others are new', () => {
  const before = compilePlan([entry({ id: 'a' }), entry({ id: 'b' }), entry({ id: 'c' })])
  const after = compilePlan([entry({ id: 'new' }), entry({ id: 'c' }), entry({ id: 'a', tags: ['x'] })], before)
  const known = new Map(before.entries.map((e) => [e.spec.id, e]))
  assert.deepEqual(
    after.entries.map((e) => [e.spec.id, known.get(e.spec.id) === e]),
    [
      ['new', false],
      ['c', true],
      ['a', false],
    ],
  )
})

test('the first of several entries with one id runs, the others are refused in a sentence', () => {
  const { entries, refused } = compilePlan([entry({ id: 'a' }), entry({ id: 'a', topic: 'u' }), entry({ id: 'b' })])
  assert.deepEqual(
    entries.map(({ spec }) => [spec.id, spec.topic]),
    [
      ['a', 't'],
      ['b', 't'],
    ],
  )
  assert.deepEqual(refused, [{ entry: 'a', message: "There are two entries with the id 'a'; the first of them runs." }])
})

test('an entry that is not enabled is not in the plan', () => {
  assert.deepEqual(compilePlan([entry({ enabled: false })]).entries, [])
})

test('an entry whose topic leaves no room for the name of its dead letters is refused alone', () => {
  const specs = [entry({ id: 'long', topic: 't'.repeat(246) }), entry({ id: 'fits', topic: 't'.repeat(245) })]
  const { entries, refused } = compilePlan(specs)
  assert.deepEqual(
    entries.map(({ spec }) => spec.id),
    ['fits'],
  )
  assert.match(
    refused[0]?.message ?? '',
    /^The topic is too long for dead letters: with '\.dlq' behind it, it has 250 characters/,
  )
  assert.equal(compilePlan(specs, undefined, '.d').refused.length, 0)
})
