import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import fc from 'fast-check'
import { allAccepted } from '../sink.ts'
import { bulkResponseFilter, readBulkResponse } from './response.ts'

interface Item {
  status: number
  type?: string
  reason?: string
  cause?: string
}

function response(items: readonly Item[]): Buffer {
  const errors = items.some(({ status }) => status >= 300)
  const list = items.map(({ status, type, reason, cause }) => ({
    create: {
      status,
      ...(type === undefined
        ? {}
        : { error: { type, reason, ...(cause === undefined ? {} : { caused_by: { reason: cause } }) } }),
    },
  }))
  return Buffer.from(JSON.stringify({ errors, items: list }))
}

test('a response with every document created is read as such, however long', () => {
  for (const count of [1, 2, 1_000, 1_024, 1_025, 5_000]) {
    const body = response(Array.from({ length: count }, () => ({ status: 201 })))
    assert.deepEqual(readBulkResponse(body, count), allAccepted(count))
    assert.throws(
      () => readBulkResponse(body, count + 1),
      (error) => isLogpipeError(error, 'elasticsearch_unavailable'),
    )
    if (count > 1) {
      assert.throws(
        () => readBulkResponse(body, count - 1),
        (error) => isLogpipeError(error, 'elasticsearch_unavailable'),
      )
    }
  }
})

test('reason and cause of a rejection are both kept', () => {
  const body = response([{ status: 400, type: 'document_parsing_exception', reason: 'field [a]', cause: 'no number' }])
  const rejected = [{ item: 0, type: 'document_parsing_exception', reason: 'field [a]: no number' }]
  assert.deepEqual(readBulkResponse(body, 1), { ...allAccepted(0), rejected })
})

test('what went to the failure store instead of the data stream is rejected: it is not in the index', () => {
  const items = [{ create: { status: 201 } }, { create: { status: 201, failure_store: 'used' } }]
  const { accepted, rejected } = readBulkResponse(Buffer.from(JSON.stringify({ errors: false, items })), 2)
  assert.equal(accepted, 1)
  assert.deepEqual(
    rejected.map(({ item, type }) => [item, type]),
    [[1, 'failure_store']],
  )
  assert.match(bulkResponseFilter, /items\.\*\.failure_store/)
})

test('every item has exactly one fate, in ascending order', () => {
  const item = fc.record({
    status: fc.constantFrom(200, 201, 400, 403, 404, 409, 429, 500, 503),
    type: fc.constantFrom('a_exception', 'cluster_block_exception', 'index_not_found_exception'),
    reason: fc.string(),
  })
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 50 }), (items) => {
      const { accepted, existing, retry, rejected } = readBulkResponse(response(items), items.length)
      const named = [...retry, ...rejected.map((rejection) => rejection.item)]
      assert.equal(new Set(named).size, named.length)
      assert.equal(accepted + named.length, items.length)
      assert.equal(existing, items.filter(({ status }) => status === 409).length)
      assert.deepEqual(
        [...retry].sort((a, b) => a - b),
        retry,
      )
      for (const index of retry) {
        const { status, type } = items[index] as Item
        assert.ok(status === 429 || status >= 500 || type !== 'a_exception')
      }
    }),
  )
})

test('a response that is cut, changed or noise is read as a fate of every item or as nothing known, never otherwise', () => {
  const whole = response([{ status: 201 }, { status: 400, type: 'x', reason: 'y' }, { status: 201 }])
  const broken = fc.oneof(
    fc.nat(whole.length).map((length) => whole.subarray(0, length)),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(whole)
      copy[at] = byte
      return copy
    }),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(broken, (body) => {
      try {
        const { accepted, retry, rejected } = readBulkResponse(body, 3)
        assert.equal(accepted + retry.length + rejected.length, 3)
      } catch (error) {
        assert.ok(isLogpipeError(error, 'elasticsearch_unavailable') && error.retriable, String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})
