import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fateOf, isOverload } from './outcome.ts'

test('what Elasticsearch took is accepted, what it had already is existing', () => {
  assert.equal(fateOf(201, ''), 'accepted')
  assert.equal(fateOf(200, ''), 'accepted')
  assert.equal(fateOf(409, 'version_conflict_engine_exception'), 'existing')
})

test('overload, failing shards and blocks are tried again', () => {
  for (const status of [429, 500, 502, 503, 504]) assert.equal(fateOf(status, 'whatever'), 'retry')
  assert.equal(fateOf(403, 'cluster_block_exception'), 'retry')
  assert.equal(fateOf(400, 'index_closed_exception'), 'retry')
  assert.equal(fateOf(404, 'index_not_found_exception'), 'retry')
})

test('rights and limits of the cluster are no fault of the document', () => {
  assert.equal(fateOf(403, 'security_exception'), 'retry')
  assert.equal(fateOf(400, 'validation_exception'), 'retry')
  const reason = 'Validation Failed: 1: this action would add [2] shards, but this cluster has [1000]/[1000] open;'
  assert.equal(fateOf(400, 'illegal_argument_exception', reason), 'retry')
})

test('an alias without an index to write to, and an ingest pipeline that is missing, are waited for: no document is at fault', () => {
  // In the words of Elasticsearch 9.
  const alias =
    'no write index is defined for alias [web]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index'
  const pipeline = 'pipeline with id [geo] does not exist'
  for (const reason of [alias, pipeline]) assert.equal(fateOf(400, 'illegal_argument_exception', reason), 'retry')
  assert.equal(fateOf(400, 'illegal_argument_exception', `field says: ${pipeline}`), 'rejected')
})

test('what will be refused again is rejected', () => {
  assert.equal(fateOf(400, 'document_parsing_exception'), 'rejected')
  assert.equal(fateOf(400, 'illegal_argument_exception'), 'rejected')
})

test('every 4xx of a type we do not know is rejected, but 409 and 429', () => {
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 499 }), (status) => {
      const expected = status === 409 ? 'existing' : status === 429 ? 'retry' : 'rejected'
      assert.equal(fateOf(status, 'some_exception'), expected)
    }),
  )
})

test('a rejected execution and a tripped breaker are overload; a full disk and a missing shard are not', () => {
  assert.equal(isOverload(429, 'es_rejected_execution_exception'), true)
  assert.equal(isOverload(429, 'circuit_breaking_exception'), true)
  assert.equal(isOverload(429, 'cluster_block_exception'), false)
  assert.equal(isOverload(503, 'unavailable_shards_exception'), false)
})
