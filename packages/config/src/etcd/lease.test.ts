import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { keepLease, type LeaseCalls } from './lease.ts'

/** A lease of a second whose renewals are the test's. */
function keep(
  t: TestContext,
  calls: Partial<LeaseCalls>,
): { lost: AbortSignal; renewed: () => number; close: () => void } {
  let count = 0
  const closing = new AbortController()
  t.after(() => closing.abort())
  const lease = keepLease(
    { id: '1', ttlMs: 400, grantedAt: performance.now() },
    {
      renew: async (id) => {
        count++
        return (await calls.renew?.(id)) ?? true
      },
      revoke: async () => undefined,
    },
    closing.signal,
  )
  return { lost: lease.lost, renewed: () => count, close: () => closing.abort() }
}

test('a lease that is renewed is not lost', { timeout: 10_000 }, async (t) => {
  const done = Promise.withResolvers<void>()
  let count = 0
  const { lost } = keep(t, {
    renew: async () => {
      if (++count === 12) done.resolve()
      return true
    },
  })
  await done.promise
  assert.equal(lost.aborted, false)
})

test('a lease that etcd no longer knows is lost at once', { timeout: 10_000 }, async (t) => {
  const { lost, renewed } = keep(t, { renew: async () => false })
  await once(lost, 'abort')
  assert.equal(renewed(), 1)
})

test(
  'a lease is lost before etcd ends it where etcd does not answer, also to a renewal that hangs',
  { timeout: 10_000 },
  async (t) => {
    const began = performance.now()
    const hanging = keep(t, { renew: () => new Promise(() => {}) })
    const failing = keep(t, { renew: () => Promise.reject(new Error('away')) })
    await Promise.all([once(hanging.lost, 'abort'), once(failing.lost, 'abort')])
    assert.ok(performance.now() - began >= 300)
    assert.ok(failing.renewed() > 1, 'it is tried again meanwhile')
  },
)

test('a lease of a store that is closed is over, and leaves no timer', async (t) => {
  const { lost, close } = keep(t, {})
  close()
  assert.equal(lost.aborted, true)
})
