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
  const pool = new BatchPool({ batchBytes: 8_388_608, maxInFlightBytes: 67_108_864 })
  const encoder = pool.full()
  const told = [10_000, 20_000].map((now) => pool.trim(now))
  pool.release(encoder)
  told.push(...[30_000, 40_000, 50_000].map((now) => pool.trim(now)))
  assert.deepEqual(told, [false, false, false, true, false])
})

test('a batch now and then is no burst; many of them are one in the end', () => {
  const pool = new BatchPool({ batchBytes: 1_048_576, maxInFlightBytes: 67_108_864 })
  const told = Array.from({ length: 16 }, (_, i) => {
    pool.release(pool.full())
    return [pool.trim(i * 20_000 + 10_000), pool.trim(i * 20_000 + 20_000)].includes(true)
  })
  assert.deepEqual(
    told.flatMap((isOver, i) => (isOver ? [i] : [])),
    [7, 15],
  )
})
