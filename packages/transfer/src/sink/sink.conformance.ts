import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { bulkOf, logDocument } from '../test-bulk.ts'
import type { Sink } from './sink.ts'

export interface SinkUnderTest {
  sink: Sink
  /** An index of this test alone; refuses documents whose `log` is no object. */
  index: string
  /** Messages that the sink holds. */
  messages(): Promise<string[]>
}

const never = new AbortController().signal

/** What every sink promises; run on the adapter with its real server and on the in-memory twin. */
export function testSink(name: string, make: (t: TestContext) => Promise<SinkUnderTest>): void {
  test(`${name}: new documents are accepted, the same ones again are accepted as existing`, async (t) => {
    const { sink, index, messages } = await make(t)
    const items = ['a', 'b', 'c'].map((id) => ({ index, id, source: logDocument(`message ${id}`) }))
    const none = { retry: [], retryReason: null, rejected: [] }
    assert.deepEqual(await sink.write(bulkOf(items), never), { accepted: 3, existing: 0, ...none })
    assert.deepEqual(await sink.write(bulkOf(items), never), { accepted: 3, existing: 3, ...none })
    const more = [...items, { index, id: 'd', source: logDocument('message d') }]
    assert.deepEqual(await sink.write(bulkOf(more), never), { accepted: 4, existing: 3, ...none })
    assert.deepEqual(await messages(), ['message a', 'message b', 'message c', 'message d'])
  })

  test(`${name}: a refused document is named with its reason, the others are accepted`, async (t) => {
    const { sink, index, messages } = await make(t)
    const outcome = await sink.write(
      bulkOf([
        { index, id: 'a', source: logDocument('good') },
        { index, id: 'b', source: logDocument('bad', { log: 'no object' }) },
        { index, id: 'c', source: logDocument('good too') },
      ]),
      never,
    )
    assert.equal(outcome.accepted, 2)
    assert.deepEqual(outcome.retry, [])
    assert.deepEqual(
      outcome.rejected.map(({ item, type }) => [item, type]),
      [[1, 'document_parsing_exception']],
    )
    assert.ok((outcome.rejected[0]?.reason ?? '').length > 10)
    assert.deepEqual(await messages(), ['good', 'good too'])
  })

  test(`${name}: an aborted write rejects as aborted`, async (t) => {
    const { sink, index } = await make(t)
    const bulk = bulkOf([{ index, id: 'a', source: logDocument('x') }])
    await assert.rejects(sink.write(bulk, AbortSignal.abort()), (error) => isLogpipeError(error, 'aborted'))
  })
}
