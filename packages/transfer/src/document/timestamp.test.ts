import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMoment, TimestampText } from './timestamp.ts'

test('every moment is written as Date writes it, whatever was written before', () => {
  const text = new TimestampText()
  const base = fc.oneof(
    fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    fc.constant(1_700_000_000_000),
  )
  const steps = fc.array(fc.integer({ min: -30_000, max: 30_000 }), { maxLength: 20 })
  fc.assert(
    fc.property(base, steps, (start, list) => {
      let ms = start
      for (const step of [0, ...list]) {
        ms += step
        if (!isMoment(ms)) continue
        text.set(ms)
        assert.equal(text.bytes.toString('latin1'), new Date(ms).toISOString())
      }
    }),
  )
})

test('no timestamp, the year 10000 and microseconds taken for milliseconds are no moments; 1970 and 2100 are', () => {
  assert.ok(!isMoment(-1))
  assert.ok(!isMoment(Date.UTC(10_000, 0, 1)))
  assert.ok(!isMoment(1_700_000_000_000_000))
  assert.ok(isMoment(0))
  assert.ok(isMoment(Date.UTC(2100, 0, 1)))
})
