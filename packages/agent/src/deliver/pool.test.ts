import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchPool } from './pool.ts'

test('what a burst has taken is given back once it is over, what is in use stays', () => {
  const pool = new BatchPool({ batchBytes: 1_000, maxInFlightBytes: 8_000 })
  const burst = Array.from({ length: 6 }, () => pool.full())
  const [kept, ...others] = burst
  assert.ok(kept)
  for (const encoder of others) pool.release(encoder)
  pool.trim(10_000)
  assert.equal(pool.full(), others.at(-1), 'the burst is too recent')
  pool.trim(20_000)
  pool.trim(30_000)
  assert.ok(!burst.includes(pool.full()), 'nobody needed those for a while')
  assert.equal(pool.usedBytes, 3_000)
})

test('the end of a burst is told once, when nothing is in use any more', () => {
  const pool = new BatchPool({ batchBytes: 1_000, maxInFlightBytes: 8_000 })
  const encoder = pool.full()
  const told = [10_000, 20_000].map((now) => pool.trim(now))
  pool.release(encoder)
  told.push(...[30_000, 40_000, 50_000].map((now) => pool.trim(now)))
  assert.deepEqual(told, [false, false, false, true, false])
})
