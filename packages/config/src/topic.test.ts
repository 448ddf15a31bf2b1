import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchTopic, TopicGlob, topicFault } from './topic.ts'

test('topic names are judged by the rules of Kafka', () => {
  for (const name of ['web_log', 'a', 'A.b-c_9', 'x'.repeat(249), '...']) assert.equal(topicFault(name), null, name)
  for (const name of ['', '.', '..', 'x'.repeat(250), 'a b', 'ü', 'a/b', 'a*', 'a\n']) {
    assert.notEqual(topicFault(name), null, JSON.stringify(name))
  }
})

test('a topic is matched by any plain glob, unless a glob with ! matches it too', () => {
  assert.equal(matchTopic(['*_log'], 'web_log'), true)
  assert.equal(matchTopic(['*_log'], 'web_log.dlq'), false)
  assert.equal(matchTopic(['*', '!*.dlq'], 'web_log.dlq'), false)
  assert.equal(matchTopic(['!*.dlq', '*'], 'web_log.dlq'), false, 'the order does not matter')
  assert.equal(matchTopic(['!*.dlq'], 'web_log'), false, 'a negation alone matches nothing')
  assert.equal(matchTopic([], 'web_log'), false)
  assert.equal(matchTopic(['we?_log'], 'web_log'), true)
  assert.equal(matchTopic(['web?_log'], 'web_log'), false)
  assert.equal(matchTopic(['a.b'], 'axb'), false, 'a dot is a dot')
})

test('globs are held to topic characters', () => {
  for (const glob of ['*', '!x-*', 'a?.b']) assert.ok(TopicGlob.safeParse(glob).success, glob)
  for (const glob of ['', '!', '!!a', 'a[b]', 'a b', '{a,b}']) assert.ok(!TopicGlob.safeParse(glob).success, glob)
})

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 })
const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })

test('matching agrees with a regular expression made from the glob', () => {
  fc.assert(
    fc.property(glob, text, (pattern, topic) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
      assert.equal(matchTopic([pattern], topic), new RegExp(`^${source}$`).test(topic))
    }),
    { numRuns: 2_000 },
  )
})

test('a glob of many stars does not run away', () => {
  const started = performance.now()
  assert.equal(matchTopic([`${'*a'.repeat(100)}b`], 'a'.repeat(249)), false)
  assert.ok(performance.now() - started < 100)
})
