import assert from 'node:assert/strict'
import { setImmediate as immediate } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { type Logger, silentLogger } from '@logpipe/runtime'
import { LogpipeError } from '@logpipe/runtime/errors'
import { keysOf } from '../keys.ts'
import type { Lease, Leases } from '../lease.ts'
import type { ConfigStore } from '../store.ts'
import { MemoryStore } from '../store-memory.ts'
import { openTestStore, until } from '../test-store.ts'
import { type Answer, Mailbox } from './mailbox.ts'

type Store = ConfigStore & Leases

const seen = { kind: 'seen' }

/** A mailbox of the agent `a` that runs until it is stopped. */
function start(
  t: TestContext,
  { store, prefix, holdMs, log = silentLogger }: { store: Store; prefix: string; holdMs?: number; log?: Logger },
  answer: Answer = async () => seen,
): { stop: () => Promise<void> } {
  const held = holdMs === undefined ? {} : { holdMs }
  const mailbox = new Mailbox({ store, prefix, box: 'request', id: 'a', log, answer, ...held })
  const end = new AbortController()
  const done = mailbox.run(end.signal)
  const stop = async (): Promise<void> => {
    end.abort()
    await done
  }
  t.after(stop)
  return { stop }
}

const keys = async (store: Store, prefix: string): Promise<string[]> =>
  (await store.list(`${prefix}/`)).items.map(({ key }) => key)

test('a request is answered, and the answer goes with it', async (t) => {
  const own = await openTestStore(t)
  await own.store.put(`${keysOf(own.prefix, 'request')}a/1`, 'what?')
  start(t, own, async (value, key) => ({ kind: 'seen', value, key: key.slice(own.prefix.length) }))
  const replies = async (): Promise<string[]> =>
    (await own.store.list(keysOf(own.prefix, 'reply'))).items.map(({ value }) => value)
  await until('the reply', async () => (await replies()).length === 1)
  assert.deepEqual(
    (await replies()).map((text) => JSON.parse(text) as unknown),
    [{ kind: 'seen', value: 'what?', key: '/requests/a/1' }],
  )
  await own.store.delete(`${keysOf(own.prefix, 'request')}a/1`)
  await until('the reply to go', async () => (await keys(own.store, own.prefix)).length === 0)
})

test('only requests to this one are answered, oldest first, one at a time; one that fails leaves the others', async (t) => {
  const own = await openTestStore(t)
  const base = keysOf(own.prefix, 'request')
  await own.store.put(`${base}a/not-a-number`, 'x')
  await own.store.put(`${base}a/21`, 'first')
  await own.store.put(`${base}a/20`, 'second')
  await own.store.put(`${base}a/19`, 'third')
  await own.store.put(`${base}ab/22`, 'x')
  await own.store.put(`${keysOf(own.prefix, 'transferRequest')}a/23`, 'x')
  const order: string[] = []
  start(t, own, async (value) => {
    order.push(`${value} begins`)
    await immediate()
    order.push(`${value} ends`)
    if (value === 'second') throw new Error('the disk is on fire')
    return seen
  })
  const replies = async (): Promise<string> =>
    (await own.store.list(keysOf(own.prefix, 'reply'))).items.map(({ key }) => key.split('/').at(-1)).join()
  await until('two replies', async () => (await replies()) === '19,21')
  assert.deepEqual(
    order,
    ['first', 'second', 'third'].flatMap((one) => [`${one} begins`, `${one} ends`]),
  )
})

test('work on a request ends when its asker has gone, and the next one is answered', async (t) => {
  const own = await openTestStore(t)
  const base = keysOf(own.prefix, 'request')
  const begun: string[] = []
  start(t, own, async (value, _key, signal) => {
    begun.push(value)
    if (value === 'second') return seen
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    return null
  })
  const lease = await own.store.lease(10_000)
  await own.store.put(`${base}a/1`, 'first', { lease: lease.id })
  await own.store.put(`${base}a/2`, 'second')
  await until('work on the first', () => begun.length === 1)
  await lease.revoke()
  const replies = async (): Promise<string[]> =>
    (await own.store.list(keysOf(own.prefix, 'reply'))).items.map(({ key }) => key.split('/').at(-1) ?? '')
  await until('the second reply alone', async () => (await replies()).join() === '2', 5_000)
  assert.deepEqual(begun, ['first', 'second'])
})

test('a reply whose request stays goes after its time, and is not written again', async (t) => {
  const own = await openTestStore(t)
  let asks = 0
  start(t, { ...own, holdMs: 1_000 }, async () => {
    asks++
    return seen
  })
  await own.store.put(`${keysOf(own.prefix, 'request')}a/1`, 'x')
  const count = async (): Promise<number> => (await own.store.list(keysOf(own.prefix, 'reply'))).items.length
  await until('the reply', async () => (await count()) === 1)
  await until('the reply to go', async () => (await count()) === 0)
  await own.store.put(`${keysOf(own.prefix, 'request')}a/2`, 'x')
  await until('the second reply', async () => (await count()) === 1)
  assert.equal(asks, 2)
})

test('one that stops takes its replies back, and answers what is open when it is back', async (t) => {
  const own = await openTestStore(t)
  await own.store.put(`${keysOf(own.prefix, 'request')}a/1`, 'x')
  const replies = async (): Promise<number> => (await own.store.list(keysOf(own.prefix, 'reply'))).items.length
  for (let life = 0; life < 2; life++) {
    const { stop } = start(t, own)
    await until('the reply', async () => (await replies()) === 1)
    await stop()
    assert.equal(await replies(), 0)
  }
})

/** A stand-in: the real store cannot be made to lose just one answer, or to do something between two calls. */
class OddStore extends MemoryStore {
  losses = 0
  isForbidden = false
  afterReply: (() => Promise<unknown>) | null = null
  readonly leases: Lease[] = []

  override async lease(ttlMs: number): Promise<Lease> {
    const lease = await super.lease(ttlMs)
    this.leases.push(lease)
    return lease
  }

  override async put(...args: Parameters<MemoryStore['put']>): Promise<number> {
    const isReply = args[0].startsWith('/p/replies/')
    if (isReply && this.isForbidden) throw new LogpipeError('etcd_rejected', 'etcd does not let us write.')
    const revision = await super.put(...args)
    if (!isReply) return revision
    await this.afterReply?.()
    if (this.losses-- > 0) throw new LogpipeError('etcd_unavailable', 'The answer was lost.', { retriable: true })
    return revision
  }
}

test('a reply whose writing is not known to have worked is written again, and none stays for ever', async (t) => {
  const store = new OddStore()
  store.losses = 2
  await store.put('/p/requests/a/1', 'x')
  start(t, { store, prefix: '/p' })
  await until('the third try', () => store.losses < 0)
  await until('the reply', async () => (await store.list('/p/replies/')).items.length === 1)
  await store.delete('/p/requests/a/1')
  await until('it to go', async () => (await store.list('/p/replies/')).items.length === 0)
  assert.equal(store.leases.length, 3)
  assert.ok(store.leases.every(({ lost }) => lost.aborted))
})

test('a reply whose request went while it was written goes, too', async (t) => {
  const store = new OddStore()
  store.afterReply = () => store.delete('/p/requests/a/1')
  await store.put('/p/requests/a/1', 'x')
  start(t, { store, prefix: '/p' })
  const isGone = (): boolean => store.leases.length === 1 && store.leases.every(({ lost }) => lost.aborted)
  await until('the reply to go', isGone)
  assert.deepEqual((await store.list('/p/')).items, [])
})

test('one that may not write replies says so once for each request, and answers when it may', async (t) => {
  const store = new OddStore()
  store.isForbidden = true
  const said: unknown[] = []
  await store.put('/p/requests/a/1', 'x')
  start(t, { store, prefix: '/p', log: { ...silentLogger, warn: (_, fields) => void said.push(fields?.reason) } })
  await until('it to say so', () => said.length > 0)
  store.isForbidden = false
  await store.put('/p/requests/a/2', 'x')
  const replies = async (): Promise<string[]> => (await store.list('/p/replies/')).items.map(({ key }) => key)
  await until('the reply', async () => (await replies()).length === 1)
  assert.deepEqual([await replies(), said], [['/p/replies/2'], ['etcd does not let us write.']])
  assert.equal(store.leases.filter(({ lost }) => !lost.aborted).length, 1)
})
