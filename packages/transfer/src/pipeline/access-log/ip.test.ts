import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { isIp } from './ip.ts'

test("a text is an address where Node's own check says so, but for zones, which Elasticsearch refuses", () => {
  const part = fc.constantFrom('0', '1', '25', '255', '256', '01', '.', '.', '.', ':', '::', 'f', 'ffff', '%e', ' ')
  const near = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(near, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      assert.equal(isIp(text), isIP(text) !== 0 && !text.includes('%'))
    }),
    { numRuns: 3_000, examples: [['1.2.3.4.5'], ['1.2.3.'], ['.1.2.3'], ['1..2.3'], ['fe80::1%eth0'], ['']] },
  )
})
