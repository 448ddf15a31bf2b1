import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, systemClock } from './clock.ts'

test('a fake clock moves both readings only when told, and the wall clock alone may jump back', () => {
  const clock = new FakeClock(1_000)
  clock.advance(250)
  assert.deepEqual([clock.now(), clock.monotonic()], [1_250, 250])
  clock.setNow(5)
  assert.deepEqual([clock.now(), clock.monotonic()], [5, 250])
  assert.throws(() => clock.advance(-1), RangeError)
})

test('the monotonic reading of the system never goes back', () => {
  let last = systemClock.monotonic()
  for (let i = 0; i < 1_000; i++) {
    const next = systemClock.monotonic()
    assert.ok(next >= last)
    last = next
  }
})
