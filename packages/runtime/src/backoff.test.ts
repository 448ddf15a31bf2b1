import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff, sleep } from './backoff.ts'
import { isLogpipeError } from './errors.ts'

test('waits grow by two up to the cap, and start anew after reset', () => {
  const backoff = new Backoff({ baseMs: 100, maxMs: 1_000, random: () => 0 })
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => backoff.next()),
    [50, 100, 200, 400, 500, 500],
  )
  backoff.reset()
  assert.equal(backoff.next(), 50)
})

test('jitter never leaves the half-open upper half of the bound', () => {
  for (const random of [0, 0.5, 0.999_999]) {
    const backoff = new Backoff({ baseMs: 100, maxMs: 100, random: () => random })
    const wait = backoff.next()
    assert.ok(wait >= 50 && wait < 100, String(wait))
  }
})

test('a thousand failures in a row do not overflow the wait', () => {
  const backoff = new Backoff({ baseMs: 100, maxMs: 10_000, random: () => 1 })
  for (let i = 0; i < 1_000; i++) assert.ok(backoff.next() <= 10_000)
})

test('sleep rejects with aborted in mid-wait and leaves no listener behind', async () => {
  const stop = new AbortController()
  const sleeping = sleep(60_000, stop.signal)
  stop.abort()
  await assert.rejects(sleeping, (error) => isLogpipeError(error, 'aborted'))
  await assert.rejects(sleep(1, stop.signal), (error) => isLogpipeError(error, 'aborted'))
})
