import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchedBatch } from '@logpipe/kafka'
import fc from 'fast-check'
import { ByteBudget } from './budget.ts'
import { Segment } from './segment.ts'
import { Watermark } from './watermark.ts'

const batch = new FetchedBatch(Buffer.alloc(61))
const owner = { topic: 't', partition: 0, isForgotten: false, documentBytes: new ByteBudget(1).open() }

/** Segments of these sizes (items), appended and sealed; covers offsets 0, 1, 2 … */
function build(sizes: readonly number[]): { watermark: Watermark; segments: Segment[]; passed: Segment[] } {
  const passed: Segment[] = []
  const watermark = new Watermark(-1, (segment) => passed.push(segment))
  let next = 0
  const segments = sizes.map((size) => {
    const segment = new Segment(owner, batch, next, () => watermark.advance())
    watermark.append(segment)
    next += size
    segment.next = next
    segment.hold(size)
    segment.seal()
    return segment
  })
  return { watermark, segments, passed }
}

test('the position is always the end of the unbroken run of settled segments, in whatever order items settle', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 300 })
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (list, picks) => {
      const { watermark, segments, passed } = build(list)
      const settled = new Set<number>()
      const open = list.flatMap((size, index) => Array.from({ length: size }, () => index))
      const left = [...list]
      for (;;) {
        left.forEach((count, index) => count === 0 && settled.add(index))
        let run = 0
        while (settled.has(run)) run++
        const expected = list.slice(0, run).reduce((sum, size) => sum + size, 0)
        assert.equal(watermark.position, run === 0 ? -1 : expected)
        assert.deepEqual(passed, segments.slice(0, run))
        if (open.length === 0) break
        const [index] = open.splice((picks.next().value as number) % open.length, 1) as [number]
        left[index] = (left[index] as number) - 1
        ;(segments[index] as Segment).settle(1)
      }
      assert.ok(watermark.isEmpty)
    }),
  )
})

test('a segment is not passed before its writer has sealed it', () => {
  const watermark = new Watermark(10)
  const segment = new Segment(owner, batch, 10, () => watermark.advance())
  watermark.append(segment)
  segment.hold(2)
  segment.settle(2)
  assert.equal(watermark.position, 10)
  segment.next = 12
  segment.seal()
  assert.equal(watermark.position, 12)
})

test('settling more than there is is refused loudly: it would be loss', () => {
  const segment = new Segment(owner, batch, 0, () => {})
  assert.throws(() => segment.settle(2), RangeError)
})

test('whenEmpty resolves once all is settled', async () => {
  const { watermark, segments } = build([1, 1])
  let empty = false
  const waiting = watermark.whenEmpty().then(() => (empty = true))
  segments[1]?.settle(1)
  await Promise.resolve()
  assert.equal(empty, false)
  segments[0]?.settle(1)
  await waiting
  assert.equal(empty, true)
})

test('what is not in the log is passed with what stands before it, or at once where that is settled', () => {
  const { watermark, segments } = build([2, 1])
  watermark.skipTo(10)
  assert.equal(watermark.position, -1)
  segments[1]?.settle(1)
  segments[0]?.settle(2)
  assert.equal(watermark.position, 10)
  watermark.skipTo(20)
  assert.equal(watermark.position, 20)
})
