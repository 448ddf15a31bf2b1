import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeRange } from './time-range.ts'

const now = Date.parse('2026-11-20T12:00:00Z')

test('--last counts back from now', () => {
  assert.deepEqual(timeRange({ last: '15m' }, now), { from: now - 900_000 })
  assert.deepEqual(timeRange({ last: '2d' }, now), { from: now - 2 * 86_400_000 })
})

test('--from and --to are local times unless they say otherwise; each side may be open', () => {
  assert.deepEqual(timeRange({}, now), {})
  assert.deepEqual(timeRange({ from: '2026-11-20T11:00:00Z' }, now), { from: now - 3_600_000 })
  assert.deepEqual(timeRange({ to: '2026-11-20 21:00' }, now), { to: new Date(2026, 10, 20, 21).getTime() })
  assert.deepEqual(timeRange({ from: '2026-11-20' }, now), { from: new Date(2026, 10, 20).getTime() })
})

test('what makes no sense is a sentence', () => {
  const faults: [Parameters<typeof timeRange>[0], RegExp][] = [
    [{ last: '15' }, /--last is '15': write a number and s, m, h, d or w, e\.g\. 15m\./],
    [{ last: 'm' }, /--last is 'm'/],
    [{ from: 'yesterday' }, /--from is 'yesterday': write a time as/],
    [{ to: '2026-13-45' }, /--to is '2026-13-45'/],
    [{ last: '1h', from: '2026-11-20' }, /cannot stand together/],
    [{ from: '2026-11-21', to: '2026-11-20' }, /is later than/],
  ]
  for (const [flags, message] of faults)
    assert.throws(() => timeRange(flags, now), { code: 'settings_invalid', message })
})
