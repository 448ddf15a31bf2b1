import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Newest } from './newest.ts'

test('the newest stay, oldest first, in whatever order they come and however few are wanted', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 600 }), fc.integer({ min: 1, max: 40 }), (times, limit) => {
      const newest = new Newest<number>(limit)
      for (const time of times) newest.add(time, () => time)
      assert.deepEqual(newest.take(), times.toSorted((a, b) => a - b).slice(-limit))
    }),
  )
})
