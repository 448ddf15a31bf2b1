import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { MemoryStore, openEtcdStore } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { closeAfter, randomName, testServers } from '@logpipe/testkit'
import { inTurn } from './in-turn.ts'

const key = '/logpipe/locks/setup'
const never = new AbortController().signal
const etcdTest = { timeout: 20_000 }

test('of many that begin at once, one works at a time, and all do', etcdTest, async (t) => {
  const lock = `/${randomName('turn')}/locks/setup`
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(t)))
  let working = 0
  let most = 0
  const work = async (): Promise<number> => {
    most = Math.max(most, ++working)
    await pause(30)
    return working--
  }
  const results = await Promise.all(stores.map((store) => inTurn({ store, key: lock, owner: 't' }, work, never)))
  assert.deepEqual([results, most], [[1, 1, 1, 1], 1])
  assert.deepEqual((await stores[0]?.list(lock))?.items, [])
})

test('what the work throws is thrown, and others have their turn', async () => {
  const store = new MemoryStore()
  const failing = inTurn({ store, key, owner: 'a' }, () => Promise.reject(new Error('no')), never)
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(await inTurn({ store, key, owner: 'b' }, () => Promise.resolve('done'), never), 'done')
})

test('an etcd that is away, and a lock that nobody gives back, hold nobody up', async () => {
  const store = new MemoryStore()
  await store.put(key, 'someone else')
  const turn = { store, key, owner: 'a', waitMs: 20 }
  assert.equal(await inTurn(turn, () => Promise.resolve('without'), never), 'without')
  store.setAvailable(false)
  assert.equal(await inTurn({ ...turn, waitMs: 60_000 }, () => Promise.resolve('without'), never), 'without')
})

test('nobody waits for a lock that he may not write', { timeout: 5_000 }, async () => {
  // A stand-in: that etcd asks for the right before it looks at the condition is shown by e2e/security/etcd.test.ts.
  const store = new MemoryStore()
  store.put = () => Promise.reject(new LogpipeError('etcd_rejected', 'No right.'))
  const turn = { store, key, owner: 'a', waitMs: 60_000 }
  assert.equal(await inTurn(turn, () => Promise.resolve('without'), never), 'without')
})

test('a turn that ends while the work goes on is taken again', async () => {
  const store = new MemoryStore()
  let tries = 0
  const work = async (signal: AbortSignal): Promise<string> => {
    if (++tries > 1) return 'done'
    await store.endLease('1')
    signal.throwIfAborted()
    return 'too late'
  }
  assert.equal(await inTurn({ store, key, owner: 'a' }, work, never), 'done')
})

async function openStore(t: TestContext): ReturnType<typeof openEtcdStore> {
  const store = await openEtcdStore({ endpoints: testServers().etcdEndpoints })
  closeAfter(t, () => store.close())
  return store
}
