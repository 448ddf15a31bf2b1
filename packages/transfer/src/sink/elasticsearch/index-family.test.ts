import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatedIndex } from '../../document/dated-index.ts'
import { indexFamily } from './index-family.ts'

test('a family holds every index that its pattern names, and no other that the wildcard matches', () => {
  for (const pattern of ['legacy-{yyyy.MM.dd}', 'a.b-{yyyy}-{MM}_{dd}.{HH}-x', '{yyyyMM}-z', 'plain']) {
    const family = indexFamily(pattern)
    const index = new DatedIndex(pattern)
    for (const ms of [0, 1_700_000_000_000, Date.UTC(2026, 11, 31, 23)]) {
      assert.ok(family.holds(index.nameAt(ms)), `${pattern} at ${ms}`)
    }
  }
  const { wildcard, holds } = indexFamily('legacy-{yyyy.MM.dd}')
  assert.equal(wildcard, 'legacy-*')
  for (const other of ['legacy-old', 'legacy-2026x01x02', 'legacy-2026.01.02-reindexed', 'xlegacy-2026.01.02']) {
    assert.ok(!holds(other), other)
  }
})
