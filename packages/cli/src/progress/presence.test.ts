import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentProgress } from '@logpipe/config'
import { ageText, presenceOf } from './presence.ts'

const at = '2026-11-21T07:00:00.000Z'
const soon = Date.parse(at) + 60_000
const late = Date.parse(at) + 600_001
const said: AgentProgress = {
  agent: 'a',
  host: 'h',
  ip: '10.0.0.1',
  at,
  nextMs: 300_000,
  registers: true,
  ended: false,
  totals: { files: 0, lagBytes: 0, states: {} },
  files: [],
  omitted: 0,
}
const [none, registered] = [new Set<string>(), new Set(['a'])]

test('who is registered is alive, and silent where he should have written again', () => {
  assert.equal(presenceOf(said, registered, soon), 'alive')
  assert.equal(presenceOf(said, registered, late), 'silent')
  // Started again, and not written yet.
  assert.equal(presenceOf({ ...said, ended: true }, registered, late), 'alive')
})

test('who is not registered has ended in order, or is gone, where he would be', () => {
  assert.equal(presenceOf({ ...said, ended: true }, none, soon), 'ended')
  assert.equal(presenceOf(said, none, soon), 'gone')
})

test('of who never registers, or where etcd is not known, only the silence tells', () => {
  for (const [one, alive] of [[{ ...said, registers: false }, none] as const, [said, null] as const]) {
    assert.equal(presenceOf(one, alive, soon), 'alive')
    assert.equal(presenceOf(one, alive, late), 'silent')
    assert.equal(presenceOf({ ...one, ended: true }, alive, late), 'ended')
  }
})

test('an age is told in the unit that says enough, and never less than nothing', () => {
  const ages = [-5_000, 0, 90_000, 600_000, 10_800_000, 500_000_000]
  const texts = ages.map((ms) => ageText(at, Date.parse(at) + ms))
  assert.deepEqual(texts, ['0s', '0s', '90s', '10m', '3h', '6d'])
})
