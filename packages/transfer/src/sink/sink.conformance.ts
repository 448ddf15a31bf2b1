import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { bulkOfBytes } from '../test-bulk.ts'
import type { Sink } from './sink.ts'

export interface SinkUnderTest {
  sink: Sink
  /** What a bulk holds for a document with this id and message. */
  item(id: string, message: string): Buffer
  /** The same for one that the sink refuses, for a reason of this type. */
  refused(id: string): Buffer
  refusalType: string
  /** Whether the sink tells what was there already. False: a resend overwrites it with the same. */
  tellsExisting: boolean
  /** Messages that the sink holds, sorted. */
  messages(): Promise<string[]>
}

const never = new AbortController().signal

/** What every sink promises; run on the adapter with its real server and on the in-memory twin. */
export function testSink(name: string, make: (t: TestContext) => Promise<SinkUnderTest>): void {
  test(`${name}: new documents are accepted; the same ones again are accepted, too, and stand there once`, async (t) => {
    const { sink, item, tellsExisting, messages } = await make(t)
    const items = ['a', 'b', 'c'].map((id) => item(id, `message ${id}`))
    const existing = tellsExisting ? 3 : 0
    const none = { retry: [], retryReason: null, rejected: [] }
    assert.deepEqual(await sink.write(bulkOfBytes(items), never), { accepted: 3, existing: 0, ...none })
    assert.deepEqual(await sink.write(bulkOfBytes(items), never), { accepted: 3, existing, ...none })
    const more = [...items, item('d', 'message d')]
    assert.deepEqual(await sink.write(bulkOfBytes(more), never), { accepted: 4, existing, ...none })
    assert.deepEqual(await messages(), ['message a', 'message b', 'message c', 'message d'])
  })

  test(`${name}: a refused document is named with its reason, the others are accepted`, async (t) => {
    const { sink, item, refused, refusalType, messages } = await make(t)
    const bulk = bulkOfBytes([item('a', 'good'), refused('b'), item('c', 'good too')])
    const outcome = await sink.write(bulk, never)
    assert.equal(outcome.accepted, 2)
    assert.deepEqual(outcome.retry, [])
    assert.deepEqual(
      outcome.rejected.map((rejection) => [rejection.item, rejection.type]),
      [[1, refusalType]],
    )
    assert.ok((outcome.rejected[0]?.reason ?? '').length > 10)
    assert.deepEqual(await messages(), ['good', 'good too'])
  })

  test(`${name}: an aborted write rejects as aborted`, async (t) => {
    const { sink, item } = await make(t)
    const bulk = bulkOfBytes([item('a', 'x')])
    await assert.rejects(sink.write(bulk, AbortSignal.abort()), (error) => isLogpipeError(error, 'aborted'))
  })
}
