import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionLag } from './group-lag.ts'
import { partitionRows, topicRows } from './rows.ts'

function at(partition: number, more: Partial<PartitionLag>): PartitionLag {
  return { topic: 't', partition, first: 0, end: 100, committed: 40, lag: 60, ...more }
}

test('partitions that are read become rows, and topics sums of them', () => {
  const rows = partitionRows(
    [at(0, {}), at(1, { first: 10, committed: null, lag: 90 }), at(2, { topic: 'u', lag: null })],
    null,
    0,
  )
  assert.deepEqual(
    rows.map(({ partition, lag, records }) => [partition, lag, records]),
    [
      [0, 60, 100],
      [1, 90, 90],
    ],
  )
  assert.deepEqual(topicRows(rows), [{ topic: 't', partitions: 2, records: 190, lag: 150 }])
})

test('two looks give the pace, and when all is read', () => {
  const earlier = [at(0, { end: 80, committed: 10 }), at(1, { end: 100, committed: 100, lag: 0 })]
  const now = [at(0, {}), at(1, { end: 100, committed: 100, lag: 0 })]
  const rows = partitionRows(now, earlier, 10_000)
  assert.deepEqual(rows[0]?.rates, { in: 2, out: 3 })
  assert.equal(rows[0]?.seconds, 60)
  assert.equal(rows[1]?.seconds, 0)
  assert.deepEqual(topicRows(rows), [
    { topic: 't', partitions: 2, records: 200, lag: 60, rates: { in: 2, out: 3 }, seconds: 60 },
  ])
})

test('what grows faster than it is read is never read', () => {
  const [row] = partitionRows([at(0, { end: 300 })], [at(0, {})], 1_000)
  assert.deepEqual([row?.rates, row?.seconds], [{ in: 200, out: 0 }, null])
})

test('a first commit counts from the first record, and one that went back is no pace', () => {
  const [first] = partitionRows([at(0, { first: 30 })], [at(0, { first: 30, committed: null })], 1_000)
  assert.equal(first?.rates?.out, 10)
  const [back] = partitionRows([at(0, { committed: 20 })], [at(0, {})], 1_000)
  assert.equal(back?.rates?.out, 0)
  const [fresh] = partitionRows([at(5, {})], [at(0, {})], 1_000)
  assert.equal(fresh?.rates, undefined)
})
