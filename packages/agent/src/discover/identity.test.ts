import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modifiedAt } from './identity.ts'

test('the time of a file is told whatever a program has set it to', () => {
  assert.equal(modifiedAt({ mtimeNs: 1_763_703_000_123_456_789n }), '2025-11-21T05:30:00.123Z')
  assert.equal(modifiedAt({ mtimeNs: 10n ** 30n }), '+275760-09-13T00:00:00.000Z')
  assert.equal(modifiedAt({ mtimeNs: -(10n ** 30n) }), '-271821-04-20T00:00:00.000Z')
})
