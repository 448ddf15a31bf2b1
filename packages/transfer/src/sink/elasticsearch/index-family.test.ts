import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatedIndex } from '../../document/dated-index.ts'
import { indexFamily } from './index-family.ts'

test('a family holds every index that its pattern names, and no other that the wildcard matches', () => {
  for (const pattern of ['legacy-{yyyy.MM.dd}', 'a.b-{yyyy}-{MM}_{dd}.{HH}-x', '{yyyyMM}-z', 'plain']) {
    const family = indexFamily(pattern)
    const index = new DatedIndex(pattern, { topic: 't', dataset: 'd', namespace: 'n' })
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

test('a family that is named by topic, dataset or namespace holds all of theirs', () => {
  const pattern = 'old-{namespace}-{dataset}.{topic}-{yyyy.MM}'
  const { wildcard, holds } = indexFamily(pattern)
  assert.equal(wildcard, 'old-*-*.*-*')
  for (const dataset of ['nginx.access', 'a+b', '生产', '{yyyy}']) {
    const name = new DatedIndex(pattern, { topic: 'web_log', dataset, namespace: 'prod' }).nameAt(0)
    assert.ok(holds(name), name)
  }
  assert.ok(holds('old-prod-nginx.access.web_log-2026.11'))
  for (const other of ['old-prod-web_log-1970.01', 'old-a-b.c-1970.01-reindexed']) assert.ok(!holds(other), other)
})
