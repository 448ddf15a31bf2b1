import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

for (const rate of [1, 10, 333, 100_000]) {
  test(`${rate} tokens a second are what a taker gets who takes all there is and sleeps until there is more`, () => {
    let now = 5_000
    const bucket = new TokenBucket(rate, now)
    let taken = 0
    let wakes = 0
    while (now < 15_000) {
      const tokens = bucket.available(now)
      bucket.take(tokens)
      taken += tokens
      bucket.available(now)
      assert.ok(bucket.readyAt > now, 'it can sleep')
      now = bucket.readyAt
      wakes++
    }
    assert.ok(taken <= rate * 10 && taken >= rate * 9, `${taken} in 10 s`)
    assert.ok(wakes <= 210, `${wakes} wakes in 10 s`)
  })
}

test('what was taken too much is waited for', () => {
  const bucket = new TokenBucket(10, 0)
  assert.equal(bucket.available(100), 1)
  bucket.take(21)
  assert.equal(bucket.available(2_000), 0)
  assert.equal(Math.round(bucket.readyAt), 2_200)
  assert.equal(bucket.available(2_200), 1)
})

test('after an hour in which nobody took, there is no more than a quarter of a second is worth', () => {
  const bucket = new TokenBucket(1_000, 0)
  assert.equal(bucket.available(3_600_000), 250)
})
