import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScanPace } from './pace.ts'

function scan(pace: ScanPace, at: number, ...parts: number[]): void {
  pace.begin(at)
  for (const ms of parts) pace.spend(ms)
  pace.end()
}

test('a cheap scan comes every pollMs, and 100 ms after the one before where somebody asks', () => {
  const pace = new ScanPace(1_000)
  assert.ok(pace.dueAt < 0, 'the first one at once')
  for (const at of [0, 1_000]) scan(pace, at, 0.3, 0.3)
  assert.equal(pace.dueAt, 2_000)
  for (let i = 0; i < 1_000; i++) pace.hurry()
  assert.equal(pace.dueAt, 1_100)
  scan(pace, 1_100, 0.6)
  assert.equal(pace.dueAt, 2_100, 'asked once, answered once')
})

test('scans take 0.6 % of the time at most, asked for or not, and one that found much is no measure', () => {
  const pace = new ScanPace(1_000)
  scan(pace, 0, 400, 400)
  assert.equal(pace.dueAt, 1_000)
  scan(pace, 1_000, 30, 10)
  scan(pace, 4_000, 40)
  assert.equal(pace.dueAt, 4_000 + 40 * 160)
  pace.hurry()
  assert.equal(pace.dueAt, 4_000 + 40 * 160)
  pace.reset()
  assert.ok(pace.dueAt < 0)
})

test('a scan that takes for ever is made all the same', () => {
  const pace = new ScanPace(1_000)
  for (const at of [0, 10_000]) scan(pace, at, 60_000)
  assert.equal(pace.dueAt, 20_000)
})
