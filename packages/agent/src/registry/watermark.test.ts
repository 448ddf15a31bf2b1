import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Watermark } from './watermark.ts'

test('the watermark is the end of the unbroken run, in whatever order ranges are completed; those that adjoin are kept as one', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(lengths, fc.nat(1_000), fc.infiniteStream(fc.nat()), (sizes, start, order) => {
      let at = start
      const ranges = sizes.map((size) => ({ start: at, end: (at += size), done: false }))
      const watermark = new Watermark(start)
      const open = [...ranges]
      for (const pick of order) {
        if (open.length === 0) break
        const [range] = open.splice(pick % open.length, 1)
        assert.ok(range)
        range.done = true
        const before = watermark.low
        const moved = watermark.complete(range.start, range.end)
        const firstOpen = ranges.find(({ done }) => !done)
        assert.equal(watermark.low, firstOpen?.start ?? at)
        assert.equal(moved, watermark.low > before)
        const ahead = ranges.filter((each) => each.done && each.start > watermark.low)
        const runs = ahead.filter((each) => !ahead.some((other) => other.end === each.start))
        assert.equal(watermark.aheadCount, runs.length)
        const from = pick % ranges.length
        const some = ranges.slice(from, from + 1 + (pick % 3))
        const [{ start: someStart }, { end: someEnd }] = [some[0] ?? range, some.at(-1) ?? range]
        assert.equal(
          watermark.isDone(someStart, someEnd),
          some.every((each) => each.done),
        )
      }
      assert.equal(watermark.low, at)
      assert.equal(watermark.aheadCount, 0)
    }),
  )
})
