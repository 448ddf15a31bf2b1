import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchedBatch } from '@logpipe/kafka'
import { ByteBudget } from '../consume/budget.ts'
import { Segment } from '../consume/segment.ts'
import { Bulk } from './bulk.ts'
import { ScreeningSink } from './screening.ts'
import type { Outcome, Sink } from './sink.ts'

const never = new AbortController().signal
const noText = { type: 'binary', reason: 'It is no text.' }

/** A bulk with one item a letter; `x` is one that its writer refused. */
function bulkOf(letters: string): Bulk {
  const bulk = new Bulk({ maxBytes: 100, maxItems: 10 }, 100)
  const owner = { topic: 'test', partition: 0, isForgotten: false, documentBytes: new ByteBudget(1).open() }
  bulk.begin(new Segment(owner, new FetchedBatch(Buffer.alloc(61)), 0, () => {}))
  for (const [offset, letter] of letters.split('').entries()) {
    if (letter === 'x') bulk.refuse(offset, noText)
    else bulk.add(bulk.byteLength + bulk.body.write(letter, bulk.byteLength), offset)
  }
  return bulk
}

function sink(answer: Partial<Outcome>): Sink & { sent: string[] } {
  const sent: string[] = []
  return {
    sent,
    write: async (bulk) => {
      sent.push(bulk.body.toString('utf8', 0, bulk.byteLength))
      bulk.attempts = 3
      return { accepted: bulk.count, existing: 0, retry: [], retryReason: null, rejected: [], ...answer }
    },
    close: async () => {},
  }
}

test('refused items are never sent, and every fate is told of the item that it belongs to', async () => {
  const rejection = { item: 3, type: 't', reason: 'r' }
  const inner = sink({ accepted: 2, retry: [1], retryReason: 'later', rejected: [rejection] })
  const bulk = bulkOf('axbxcdx')
  const outcome = await new ScreeningSink(inner).write(bulk, never)
  assert.deepEqual(inner.sent, ['abcd'])
  assert.equal(bulk.attempts, 3)
  const refused = (item: number): object => ({ item, stage: 'pipeline', ...noText })
  assert.deepEqual(outcome, {
    accepted: 2,
    existing: 0,
    retry: [2],
    retryReason: 'later',
    rejected: [refused(1), refused(3), { ...rejection, item: 5 }, refused(6)],
  })
})

test('a bulk of refused items alone makes no request', async () => {
  const inner = sink({})
  const { accepted, rejected } = await new ScreeningSink(inner).write(bulkOf('xx'), never)
  assert.deepEqual(inner.sent, [])
  assert.equal(accepted, 0)
  assert.equal(rejected.length, 2)
})

test('a bulk that is used again remembers no refusal', async () => {
  const bulk = bulkOf('ax')
  bulk.reset()
  assert.deepEqual(bulk.refused, [])
})
