import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

test('a duration is a whole number with its unit', () => {
  const known = { '500ms': 500, '90s': 90_000, ' 5m ': 300_000, '24h': 86_400_000, '7d': 604_800_000, '0s': 0 }
  for (const [text, ms] of Object.entries(known)) assert.equal(parseDuration(text), ms, text)
  for (const text of ['', '5', 's', '5 s', '1.5h', '-1s', '1h30m', '5S', '٥s', '999999999999999d']) {
    assert.equal(parseDuration(text), null, text)
  }
})

test('what is written is read as the same time', () => {
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (ms) => parseDuration(formatDuration(ms)) === ms || ms > 1e15 - 1),
  )
  assert.deepEqual([0, 1_500, 60_000, 86_400_000].map(formatDuration), ['0ms', '1500ms', '1m', '1d'])
})

test('any text is read without an error', () => {
  fc.assert(fc.property(fc.string(), (text) => parseDuration(text) === null || /^\s*\d+(ms|s|m|h|d)\s*$/.test(text)))
})
