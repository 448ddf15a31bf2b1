import assert from 'node:assert/strict'
import { setImmediate as immediate } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import {
  askAgents,
  type ConfigStore,
  type EntryPreview,
  keysOf,
  type Lease,
  type Leases,
  MemoryStore,
  openEtcdStore,
  parseReply,
} from '@logpipe/config'
import { type Logger, LogpipeError, silentLogger } from '@logpipe/runtime'
import { closeAfter, randomName, testServers, waitFor } from '@logpipe/testkit'
import { type AnswerPreview, Mailbox } from './mailbox.ts'

type Store = ConfigStore & Leases

const entries = [{ path: '/var/log/*.log', topic: 'web_log' }]
const asked = { by: 'ada', waitMs: 10_000, files: 1, lines: 1, lineBytes: 100, replyBytes: 131_072, entries }
const value = JSON.stringify({ kind: 'preview', ...asked })
const row = (id: string): EntryPreview => ({
  id,
  refused: null,
  matched: 0,
  files: [],
  ignoredCount: 0,
  ignored: [],
  isComplete: true,
})

async function open(t: TestContext): Promise<{ store: Store; prefix: string }> {
  const store = await openEtcdStore({ endpoints: testServers().etcdEndpoints })
  const prefix = `/${randomName('mailbox')}`
  closeAfter(t, async () => {
    for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
    await store.close()
  })
  return { store, prefix }
}

/** A mailbox of the agent `a` that runs until it is stopped. */
function start(
  t: TestContext,
  { store, prefix, holdMs, log = silentLogger }: { store: Store; prefix: string; holdMs?: number; log?: Logger },
  preview: AnswerPreview = async () => [row('seen')],
): { stop: () => Promise<void> } {
  const mailbox = new Mailbox({
    store,
    prefix,
    agent: 'a',
    log,
    preview,
    ...(holdMs !== undefined && { holdMs }),
  })
  const end = new AbortController()
  const done = mailbox.run(end.signal)
  const stop = async (): Promise<void> => {
    end.abort()
    await done
  }
  closeAfter(t, stop)
  return { stop }
}

const keys = async (store: Store, prefix: string): Promise<string[]> =>
  (await store.list(`${prefix}/`)).items.map(({ key }) => key)

test('a request is answered, and neither it nor the answer is left behind', async (t) => {
  const own = await open(t)
  start(t, own, async (request, specs) => [row(`${request.by} ${specs[0]?.topic}`)])
  const results = await askAgents({ ...own, agents: ['a'], request: asked }, AbortSignal.timeout(20_000))
  assert.deepEqual(results, [{ agent: 'a', reply: { kind: 'preview', agent: 'a', entries: [row('ada web_log')] } }])
  await waitFor(async () => (await keys(own.store, own.prefix)).length === 0, { what: 'the reply to go' })
})

test('what was asked while the agent was down is answered when it is up', async (t) => {
  const own = await open(t)
  const results = askAgents({ ...own, agents: ['a'], request: asked }, AbortSignal.timeout(20_000))
  await waitFor(async () => (await keys(own.store, own.prefix)).length === 1, { what: 'the request' })
  start(t, own)
  assert.equal((await results)[0]?.reply?.kind, 'preview')
})

test('bad requests are refused, oldest first, one at a time, and good ones behind them are answered', async (t) => {
  const own = await open(t)
  const base = keysOf(own.prefix, 'request')
  const bad = ['{', '{"kind":"reboot"}', JSON.stringify({ kind: 'preview', ...asked, entries: [{ path: 'x' }] })]
  for (const [index, text] of bad.entries()) await own.store.put(`${base}a/${10 + index}`, text)
  await own.store.put(`${base}a/not-a-number`, value)
  const named = (by: string): string => JSON.stringify({ kind: 'preview', ...asked, by })
  await own.store.put(`${base}a/21`, named('first'))
  await own.store.put(`${base}a/20`, named('second'))
  await own.store.put(`${base}ab/22`, value)
  const order: string[] = []
  start(t, own, async ({ by }) => {
    order.push(`${by} begins`)
    await immediate()
    order.push(`${by} ends`)
    if (by === 'second') throw new Error('the disk is on fire')
    return []
  })
  const replies = async (): Promise<string[]> =>
    (await own.store.list(keysOf(own.prefix, 'reply'))).items.map((item) => {
      const reply = parseReply(item.value)
      return `${item.key.split('/').at(-1)} ${reply?.kind === 'refused' ? reply.reason : 'preview'}`
    })
  await waitFor(async () => (await replies()).length === 5, { what: 'five replies' })
  const [first, second, third, failed, last] = await replies()
  assert.match(first ?? '', /^10 .*not JSON/)
  assert.match(second ?? '', /^11 .*reboot/)
  assert.match(third ?? '', /^12 [^]*entries\[0\]/)
  assert.match(failed ?? '', /^20 .*on fire/)
  assert.equal(last, '21 preview')
  assert.deepEqual(order, ['first begins', 'first ends', 'second begins', 'second ends'])
})

test('work on a request ends when its asker has gone, and the next one is answered', async (t) => {
  const own = await open(t)
  const base = keysOf(own.prefix, 'request')
  const begun: string[] = []
  start(t, own, async (request, _specs, signal) => {
    begun.push(request.by)
    if (request.by === 'second') return [row('seen')]
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    return []
  })
  const lease = await own.store.lease(10_000)
  await own.store.put(`${base}a/1`, JSON.stringify({ kind: 'preview', ...asked, by: 'first' }), { lease: lease.id })
  await own.store.put(`${base}a/2`, JSON.stringify({ kind: 'preview', ...asked, by: 'second' }))
  await waitFor(() => begun.length === 1, { what: 'work on the first', everyMs: 20 })
  await lease.revoke()
  const replies = async (): Promise<string[]> =>
    (await own.store.list(keysOf(own.prefix, 'reply'))).items.map(({ key }) => key.split('/').at(-1) ?? '')
  await waitFor(async () => (await replies()).join() === '2', { what: 'the second reply alone', deadlineMs: 5_000 })
  assert.deepEqual(begun, ['first', 'second'])
})

test('a reply whose request stays goes after its time, and is not written again', async (t) => {
  const own = await open(t)
  let asks = 0
  start(t, { ...own, holdMs: 1_000 }, async () => {
    asks++
    return []
  })
  await own.store.put(`${keysOf(own.prefix, 'request')}a/1`, value)
  const count = async (): Promise<number> => (await own.store.list(keysOf(own.prefix, 'reply'))).items.length
  await waitFor(async () => (await count()) === 1, { what: 'the reply', everyMs: 20 })
  await waitFor(async () => (await count()) === 0, { what: 'the reply to go' })
  await own.store.put(`${keysOf(own.prefix, 'request')}a/2`, value)
  await waitFor(async () => (await count()) === 1, { what: 'the second reply', everyMs: 20 })
  assert.equal(asks, 2)
})

test('an agent that stops takes its replies back, and answers what is open when it is back', async (t) => {
  const own = await open(t)
  await own.store.put(`${keysOf(own.prefix, 'request')}a/1`, value)
  const replies = async (): Promise<number> => (await own.store.list(keysOf(own.prefix, 'reply'))).items.length
  for (let life = 0; life < 2; life++) {
    const { stop } = start(t, own)
    await waitFor(async () => (await replies()) === 1, { what: 'the reply' })
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
  await store.put('/p/requests/a/1', value)
  start(t, { store, prefix: '/p' })
  await waitFor(() => store.losses < 0, { what: 'the third try', everyMs: 20 })
  await waitFor(async () => (await store.list('/p/replies/')).items.length === 1, { what: 'the reply', everyMs: 20 })
  await store.delete('/p/requests/a/1')
  await waitFor(async () => (await store.list('/p/replies/')).items.length === 0, { what: 'it to go', everyMs: 20 })
  assert.equal(store.leases.length, 3)
  assert.ok(store.leases.every(({ lost }) => lost.aborted))
})

test('a reply whose request went while it was written goes, too', async (t) => {
  const store = new OddStore()
  store.afterReply = () => store.delete('/p/requests/a/1')
  await store.put('/p/requests/a/1', value)
  start(t, { store, prefix: '/p' })
  const isGone = (): boolean => store.leases.length === 1 && store.leases.every(({ lost }) => lost.aborted)
  await waitFor(isGone, { what: 'the reply to go', everyMs: 20, deadlineMs: 5_000 })
  assert.deepEqual((await store.list('/p/')).items, [])
})

test('an agent that may not write replies says so once for each request, and answers when it may', async (t) => {
  const store = new OddStore()
  store.isForbidden = true
  const said: unknown[] = []
  await store.put('/p/requests/a/1', value)
  start(t, { store, prefix: '/p', log: { ...silentLogger, warn: (_, fields) => void said.push(fields?.reason) } })
  await waitFor(() => said.length > 0, { what: 'the agent to say so', everyMs: 20 })
  store.isForbidden = false
  await store.put('/p/requests/a/2', value)
  const replies = async (): Promise<string[]> => (await store.list('/p/replies/')).items.map(({ key }) => key)
  await waitFor(async () => (await replies()).length === 1, { what: 'the reply', everyMs: 20 })
  assert.deepEqual([await replies(), said], [['/p/replies/2'], ['etcd does not let us write.']])
  assert.equal(store.leases.filter(({ lost }) => !lost.aborted).length, 1)
})
