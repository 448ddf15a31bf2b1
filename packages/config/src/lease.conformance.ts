import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { type Term, whenElected } from './election.ts'
import type { Leases } from './lease.ts'
import type { ConfigStore } from './store.ts'

export interface LeasesUnderTest {
  store: ConfigStore & Leases
  /** What all keys of this test start with; no one else uses it. */
  prefix: string
}

const isConflict = (error: unknown): boolean => isLogpipeError(error, 'etcd_conflict')
const never = new AbortController().signal

/** The suite that every store with leases passes. `open` makes a store and an own prefix, and cleans up after the test. */
export function leaseConformance(name: string, open: (t: TestContext) => Promise<LeasesUnderTest>): void {
  const promise = (text: string, run: (under: LeasesUnderTest, t: TestContext) => Promise<void>): void => {
    test(`${name}: ${text}`, { timeout: 30_000 }, async (t) => run(await open(t), t))
  }
  const keysUnder = async ({ store, prefix }: LeasesUnderTest): Promise<string[]> =>
    (await store.list(`${prefix}/`)).items.map(({ key }) => key.slice(prefix.length + 1))

  promise(
    'keys under a lease tell so and go when it is revoked, others stay; nothing more is written under it',
    async (under) => {
      const { store, prefix } = under
      const lease = await store.lease(5_000)
      await store.put(`${prefix}/own`, '1', { lease: lease.id })
      await store.put(`${prefix}/other`, '1')
      const leases = (await store.list(`${prefix}/`)).items.map((item) => item.lease)
      assert.deepEqual(leases, [undefined, lease.id])
      assert.equal(lease.lost.aborted, false)
      await lease.revoke()
      assert.equal(lease.lost.aborted, true)
      assert.deepEqual(await keysUnder(under), ['other'])
      const late = store.put(`${prefix}/own`, '2', { lease: lease.id })
      await assert.rejects(late, (error) => isLogpipeError(error, 'etcd_rejected'))
    },
  )

  promise('what is written beside a key is written with it, at the same revision, or not at all', async (under) => {
    const { store, prefix } = under
    const beside = [{ key: `${prefix}/beside`, value: 'b' }]
    const revision = await store.put(`${prefix}/key`, 'a', { ifRevision: 0, beside })
    const { items } = await store.list(`${prefix}/`)
    assert.deepEqual(items, [
      { key: `${prefix}/beside`, value: 'b', modRevision: revision },
      { key: `${prefix}/key`, value: 'a', modRevision: revision },
    ])
    const again = store.put(`${prefix}/key`, 'c', { ifRevision: 0, beside: [{ key: `${prefix}/more`, value: 'd' }] })
    await assert.rejects(again, isConflict)
    assert.deepEqual(await keysUnder(under), ['beside', 'key'])
  })

  promise('a fence holds while its key was not made anew, however often it was written', async ({ store, prefix }) => {
    const lock = `${prefix}/lock`
    const createRevision = await store.put(lock, 'a', { ifRevision: 0 })
    await store.put(lock, 'still a')
    const fence = { key: lock, createRevision }
    await store.put(`${prefix}/work`, '1', { fence })
    await store.delete(lock)
    await assert.rejects(store.put(`${prefix}/work`, '2', { fence }), isConflict)
    await store.put(lock, 'b', { ifRevision: 0 })
    await assert.rejects(store.put(`${prefix}/work`, '2', { fence }), isConflict)
    assert.equal((await store.list(`${prefix}/work`)).items[0]?.value, '1')
  })

  promise('of many candidates one works at a time, and each has its turn', async ({ store, prefix }) => {
    let working = 0
    const turns: string[] = []
    const candidates = ['a', 'b', 'c'].map((owner) =>
      whenElected(
        { store, key: `${prefix}/lock`, owner, ttlMs: 5_000 },
        async ({ fence }) => {
          assert.equal(++working, 1)
          await store.put(`${prefix}/work`, owner, { fence })
          turns.push(owner)
          working--
        },
        never,
      ),
    )
    await Promise.all(candidates)
    assert.deepEqual(turns.toSorted(), ['a', 'b', 'c'])
  })

  promise('who has lost the lock writes nothing more, and is told; the next one works', async ({ store, prefix }) => {
    const key = `${prefix}/lock`
    const terms: Term[] = []
    const begun: (() => void)[] = []
    const work = async (term: Term): Promise<void> => {
      terms.push(term)
      begun.shift()?.()
      if (terms.length === 1) await once(term.signal, 'abort')
    }
    const first = new Promise<void>((resolve) => begun.push(resolve))
    const stop = new AbortController()
    const elected = whenElected({ store, key, owner: 'a', ttlMs: 5_000 }, work, stop.signal)
    await first
    // As when its lease had run out while it hung.
    await store.delete(key)
    const second = new Promise<void>((resolve) => begun.push(resolve))
    const other = whenElected({ store, key, owner: 'b', ttlMs: 5_000 }, work, never)
    await second
    const [old] = terms as [Term]
    await assert.rejects(store.put(`${prefix}/work`, 'late', { fence: old.fence }), isConflict)
    await other
    stop.abort()
    await elected
    assert.equal(old.signal.aborted, true)
  })

  promise('work that fails gives the lock back and its error on', async (under) => {
    const { store, prefix } = under
    const work = async (): Promise<void> => {
      throw new Error('work failed')
    }
    const elected = whenElected({ store, key: `${prefix}/lock`, owner: 'a' }, work, never)
    await assert.rejects(elected, /^Error: work failed$/)
    assert.deepEqual(await keysUnder(under), [])
  })

  promise(
    'work that the fence stops begins anew with the next turn; a conflict of its own is its failure',
    async (under) => {
      const { store, prefix } = under
      const key = `${prefix}/lock`
      let turns = 0
      const work = async ({ fence }: Term): Promise<void> => {
        // As when the lease had run out while we hung, and our own clock has not told yet.
        if (++turns === 1) await store.delete(key)
        await store.put(`${prefix}/work`, String(turns), { fence })
      }
      await whenElected({ store, key, owner: 'a' }, work, never)
      assert.equal(turns, 2)
      assert.equal((await store.list(`${prefix}/work`)).items[0]?.value, '2')
      const clumsy = async (): Promise<void> => void (await store.put(`${prefix}/work`, 'x', { ifRevision: 0 }))
      await assert.rejects(whenElected({ store, key, owner: 'a' }, clumsy, never), isConflict)
      assert.deepEqual(await keysUnder(under), ['work'])
    },
  )

  promise('a candidate that is no longer wanted stops waiting', async ({ store, prefix }) => {
    await store.put(`${prefix}/lock`, 'somebody')
    const stop = new AbortController()
    const work = async (): Promise<void> => assert.fail('it was never its turn')
    const elected = whenElected({ store, key: `${prefix}/lock`, owner: 'a' }, work, stop.signal)
    stop.abort()
    await elected
  })
}
