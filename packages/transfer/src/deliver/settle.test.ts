import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchedBatch } from '@logpipe/kafka'
import fc from 'fast-check'
import { ByteBudget } from '../consume/budget.ts'
import { Segment } from '../consume/segment.ts'
import { Bulk } from '../sink/bulk.ts'
import { groupBySegment, settleAccepted } from './settle.ts'

const batch = new FetchedBatch(Buffer.alloc(61))

/** A bulk with segments of these sizes; item n is `n` repeated, of 1 to 3 bytes. */
function build(sizes: readonly number[]): {
  bulk: Bulk
  segments: Segment[]
  settled: Set<Segment>
  budget: ByteBudget
} {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const bulk = new Bulk({ maxBytes: 1_000, maxItems: total + 1 }, 1_000)
  const budget = new ByteBudget(10_000)
  const settled = new Set<Segment>()
  let item = 0
  const segments = sizes.map((size) => {
    const documentBytes = budget.open()
    const owner = { topic: 't', partition: 0, isForgotten: false, documentBytes }
    const segment: Segment = new Segment(owner, batch, 0, () => settled.add(segment))
    bulk.begin(segment)
    const before = bulk.byteLength
    for (let n = 0; n < size; n++, item++) {
      bulk.add(bulk.byteLength + bulk.body.write(String(item % 10).repeat((item % 3) + 1), bulk.byteLength), item * 7)
    }
    documentBytes.take(bulk.byteLength - before)
    segment.hold(size)
    segment.seal()
    return segment
  })
  return { bulk, segments, settled, budget }
}

const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 })

test('what is neither retried nor rejected is settled, segment by segment; its bytes leave the budget', () => {
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.constantFrom('accepted', 'retry', 'rejected')), (list, fates) => {
      const { bulk, segments, settled, budget } = build(list)
      const fate = Array.from({ length: bulk.count }, () => fates.next().value as string)
      const having = (name: string): number[] => fate.flatMap((value, item) => (value === name ? [item] : []))
      const rejected = having('rejected').map((item) => ({ item, type: '', reason: '' }))
      const retry = having('retry')
      settleAccepted(bulk, { accepted: 0, existing: 0, retry, retryReason: '', rejected }, () => {})
      let first = 0
      for (const [index, size] of list.entries()) {
        const isDone = fate.slice(first, first + size).every((value) => value === 'accepted')
        assert.equal(settled.has(segments[index] as Segment), isDone)
        first += size
      }
      const left = [...retry, ...having('rejected')].reduce((sum, item) => sum + (item % 3) + 1, 0)
      assert.equal(budget.usedBytes, left)
    }),
  )
})

test('picked items keep bytes, offset and segment', () => {
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.boolean()), (list, chosen) => {
      const { bulk } = build(list)
      const items = Array.from({ length: bulk.count }, (_, item) => item).filter(() => chosen.next().value as boolean)
      const picked = bulk.pick(items)
      const textOf = (from: Bulk, item: number): string =>
        from.body.toString('latin1', from.startOf(item), from.endOf(item))
      const segmentOf = (from: Bulk, item: number): Segment | undefined =>
        from.runs.findLast(({ first }) => first <= item)?.segment
      assert.equal(picked.count, items.length)
      for (const [at, item] of items.entries()) {
        assert.equal(textOf(picked, at), textOf(bulk, item))
        assert.equal(picked.offsetOf(at), bulk.offsetOf(item))
        assert.equal(segmentOf(picked, at), segmentOf(bulk, item))
      }
    }),
  )
})

test('items of a partition that was forgotten are left out', () => {
  const { bulk, segments } = build([2, 3, 1])
  Object.assign((segments[1] as Segment).owner, { isForgotten: true })
  const groups = groupBySegment(bulk, [{ item: 1 }, { item: 2 }, { item: 4 }, { item: 5 }])
  assert.deepEqual(
    groups.map(({ items }) => items),
    [[{ item: 1 }], [{ item: 5 }]],
  )
})
