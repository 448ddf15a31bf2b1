import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AgentProgress, parseProgress, worseFirst } from './progress.ts'
import type { FileProgress, FileState } from './status.ts'

function row(path: string, state: FileState, lagBytes = 0): FileProgress {
  const [size, acked] = [lagBytes + 10, 10]
  return { path, entry: 'e', topic: 't', identity: 'i', size, read: acked, acked, lagBytes, state, reason: null }
}

const progress: AgentProgress = {
  agent: 'web-1',
  host: 'web-1.example',
  ip: '10.0.0.1',
  at: '2026-11-21T07:00:00.000Z',
  nextMs: 300_000,
  registers: true,
  ended: false,
  totals: { files: 2, lagBytes: 5, states: { active: 1, idle: 1 } },
  files: [row('/a', 'active', 5)],
  omitted: 1,
}
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

test("an agent's record is read as it was written, and only under its own key", () => {
  assert.deepEqual(parseProgress(Buffer.from('web-1'), bytes(progress)), progress)
  assert.equal(parseProgress(Buffer.from('web-2'), bytes(progress)), null)
  assert.equal(parseProgress(null, bytes(progress)), null)
})

test('a tombstone, text, and numbers that cannot be are no progress', () => {
  const key = Buffer.from('web-1')
  assert.equal(parseProgress(key, null), null)
  assert.equal(parseProgress(key, Buffer.from('{')), null)
  assert.equal(parseProgress(key, bytes({ ...progress, at: 'yesterday' })), null)
  assert.equal(parseProgress(key, bytes({ ...progress, omitted: -1 })), null)
  assert.equal(parseProgress(key, bytes({ ...progress, files: [{ ...row('/a', 'active'), state: 'well' }] })), null)
})

test('whatever stands in the topic, reading it throws nothing', () => {
  const near = fc.record(
    {
      agent: fc.constantFrom('a', 1),
      at: fc.string(),
      totals: fc.jsonValue(),
      files: fc.array(fc.jsonValue(), { maxLength: 3 }),
      omitted: fc.double(),
    },
    { requiredKeys: [] },
  )
  const value = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), near.map(bytes))
  fc.assert(
    fc.property(fc.option(fc.uint8Array()), fc.option(value), (key, given) => {
      parseProgress(key, given)
    }),
  )
})

test('the worst come first: failed, blocked, then what lags most, then what waits, then what is well', () => {
  const rows = [
    row('/well', 'idle'),
    row('/ignored', 'ignored'),
    row('/small lag', 'idle', 1),
    row('/held', 'held'),
    row('/large lag', 'active', 9),
    row('/lost', 'lost'),
    row('/blocked', 'blocked', 1),
    row('/blocked more', 'blocked', 2),
    row('/failed', 'failed'),
    row('/also well', 'idle'),
  ]
  assert.deepEqual(
    rows.toSorted(worseFirst).map(({ path }) => path),
    [
      '/failed',
      '/blocked more',
      '/blocked',
      '/large lag',
      '/small lag',
      '/held',
      '/lost',
      '/ignored',
      '/also well',
      '/well',
    ],
  )
})
