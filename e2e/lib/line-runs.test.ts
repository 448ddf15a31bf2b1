import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineRuns } from './line-runs.ts'

test('lines that come in any order, whatever their length, are found by offset and by key', () => {
  const line = fc.record({ length: fc.constantFrom(5, 5, 5, 1, 9), isNote: fc.boolean(), isLost: fc.boolean() })
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), fc.array(fc.nat()), (lines, order) => {
      const runs = new LineRuns()
      let offset = 0
      const all = lines.map(({ length, isNote }, i) => {
        const one = { offset, length, key: isNote ? -1 : 1_000 + i }
        offset += length
        return one
      })
      const shuffled = all
        .map((one, i) => ({ ...one, at: order[i] ?? i, isLost: lines[i]?.isLost ?? false }))
        .toSorted((a, b) => a.at - b.at)
      const kept = shuffled.filter(({ isLost }) => !isLost)
      for (const { offset: at, length, key } of kept) {
        assert.equal(runs.at(at), undefined)
        runs.add(at, length, key)
      }
      for (const { offset: at, key } of kept) {
        assert.equal(runs.at(at), key)
        if (key >= 0) assert.equal(runs.offsetOf(key), at)
      }
      for (const { offset: at, isLost } of shuffled) if (isLost) assert.equal(runs.at(at), undefined)
      assert.equal(runs.at(offset), undefined)
    }),
  )
})
