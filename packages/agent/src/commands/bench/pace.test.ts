import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pace } from './pace.ts'

test('however often it is asked, as many lines are due as the time has room for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.array(fc.nat(500), { minLength: 1 }), (perSec, steps) => {
      const pace = new Pace(perSec, 1_000)
      let now = 1_000
      let due = 0
      for (const step of steps) due += pace.due((now += step))
      assert.ok(Math.abs(due - ((now - 1_000) * perSec) / 1_000) <= 1.000_1)
    }),
  )
})

test('after a long pause there is one second of lines at most, then the pace as before', () => {
  const pace = new Pace(1_000, 0)
  assert.equal(pace.due(60_000), 1_000)
  assert.equal(pace.due(60_010), 10)
})

test('time that stands still brings no lines', () => {
  const pace = new Pace(1_000, 0)
  assert.equal(pace.due(0), 0)
  assert.equal(pace.due(10), 10)
  assert.equal(pace.due(10), 0)
})
