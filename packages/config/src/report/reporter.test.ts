import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, silentLogger } from '@logpipe/runtime'
import { AgentStatus, type EntryStatus, type Registration, type TransferStatus } from '../status.ts'
import { MemoryStore } from '../store-memory.ts'
import { Reporter } from './reporter.ts'

const registration: Registration = {
  id: 'web-1',
  host: 'web-1',
  ip: '10.0.0.1',
  ips: ['10.0.0.1'],
  labels: {},
  version: '1',
  pid: 1,
  address: '127.0.0.1:9600',
  started: '2026-11-21T00:00:00.000Z',
}
const row = (id: string, more: Partial<EntryStatus> = {}): EntryStatus => ({
  id,
  desired: 7,
  attempted: 7,
  applied: 7,
  state: 'APPLIED',
  error: null,
  ...more,
})
const status = (...entries: EntryStatus[]): AgentStatus => ({ agent: 'web-1', revision: 7, entries, omitted: 0 })

function start(
  t: TestContext,
  store: MemoryStore,
  log: Logger = silentLogger,
  reconcileMs = 60_000,
): { reporter: Reporter; stop: () => Promise<void> } {
  const reporter = new Reporter({
    kind: 'agent',
    store,
    prefix: '/logpipe',
    registration,
    log,
    paceMs: 1,
    gatherMs: 20,
    reconcileMs,
  })
  const end = new AbortController()
  const done = reporter.run(end.signal)
  const stop = async (): Promise<void> => {
    end.abort()
    await done
  }
  t.after(stop)
  return { reporter, stop }
}

/** Not from testkit: testkit builds on this package. */
async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `Waited in vain for ${what}.`)
    await pause(5)
  }
}

const keys = async (store: MemoryStore): Promise<string[]> =>
  (await store.list('/logpipe/')).items.map(({ key }) => key)
async function reported(store: MemoryStore): Promise<AgentStatus | null> {
  const [item] = (await store.list('/logpipe/status/web-1')).items
  return item === undefined ? null : AgentStatus.parse(JSON.parse(item.value))
}

test('an agent is registered while it runs, and its status is what it reported last', async (t) => {
  const store = new MemoryStore()
  const { reporter, stop } = start(t, store)
  reporter.report(status(row('a')))
  reporter.report(status(row('a'), row('b')))
  await until('the status', async () => (await reported(store))?.entries.length === 2)
  assert.deepEqual(await keys(store), ['/logpipe/agents/web-1', '/logpipe/status/web-1'])
  await stop()
  assert.deepEqual(await keys(store), [])
})

test('a registration that somebody deletes is written again, with the status', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store, silentLogger, 10)
  reporter.report(status(row('a')))
  await until('the status', async () => (await reported(store)) !== null)
  for (const key of await keys(store)) await store.delete(key)
  await until('both keys', async () => (await keys(store)).length === 2)
})

test('an older registration and status that stand there again, under the lease that goes on, are written anew', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store, silentLogger, 10)
  const stands = async (): Promise<unknown[]> =>
    (await store.list('/logpipe/')).items.map(({ value }) => JSON.parse(value))
  reporter.report(status(row('a')))
  await until('the status', async () => (await reported(store)) !== null)
  const older = status(row('a', { state: 'PENDING', applied: null }))
  // As after a restore: nobody is told, the lease is the same one.
  for (const [key, value] of [
    ['agents', { ...registration, pid: 2 }],
    ['status', older],
  ] as const) {
    await store.put(`/logpipe/${key}/web-1`, JSON.stringify(value), { lease: '1' })
    await until(key, async () => JSON.stringify(await stands()) === JSON.stringify([registration, status(row('a'))]))
  }
  const { items } = await store.list('/logpipe/')
  assert.deepEqual(
    items.map(({ lease }) => lease),
    ['1', '1'],
  )
})

test('who hears that the store went back reads back at once, and writes nothing where all stands', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  reporter.report(status(row('a')))
  await until('the status', async () => (await reported(store)) !== null)
  const { revision } = await store.list('/logpipe/')
  reporter.doubt()
  await store.put('/logpipe/status/web-1', JSON.stringify(status()), { lease: '1' })
  reporter.doubt()
  await until('the status again', async () => (await reported(store))?.entries.length === 1)
  assert.equal((await store.list('/logpipe/')).revision, revision + 2)
})

test("what another host's agent of the same id has written is left alone, until it has gone", async (t) => {
  let looks = 0
  class Counting extends MemoryStore {
    override list(prefix: string): ReturnType<MemoryStore['list']> {
      if (prefix === '/logpipe/agents/web-1') looks++
      return super.list(prefix)
    }
  }
  const store = new Counting()
  const told: string[] = []
  const log = { ...silentLogger, error: (message: string) => void told.push(message) }
  const { reporter } = start(t, store, log, 10)
  reporter.report(status(row('a')))
  await until('the status', async () => (await reported(store)) !== null)
  const { id } = await store.lease(30_000)
  await store.put('/logpipe/agents/web-1', JSON.stringify({ ...registration, host: 'web-2' }), { lease: id })
  await until('it to be told', () => told.length > 0)
  const { revision } = await store.list('/logpipe/')
  looks = 0
  await until('some looks', () => looks > 3)
  assert.equal((await store.list('/logpipe/')).revision, revision)
  assert.equal(told.length, 1)
  await store.endLease(id)
  await until(
    'our own',
    async () => (await store.list('/logpipe/agents/')).items[0]?.value.includes('"host":"web-1"') === true,
  )
})

test('the same status is written once', async (t) => {
  const store = new MemoryStore()
  const written: string[] = []
  const watching = new AbortController()
  const watched = store.watch(
    '/logpipe/status/',
    1,
    (change) => change.kind === 'put' && void written.push(change.value),
    watching.signal,
  )
  const { reporter } = start(t, store)
  reporter.report(status(row('a')))
  await until('the status', () => written.length === 1)
  reporter.report(status(row('a')))
  reporter.report(status(row('a'), row('b')))
  await until('the other status', () => written.length === 2)
  reporter.report(status(row('a'), row('b')))
  reporter.report(status(row('c')))
  await until('the third status', () => written.some((text) => text.includes('"c"')))
  assert.equal(written.length, 3)
  watching.abort()
  await watched
})

test('what is pending and a moment later applied is one report', async (t) => {
  const written: string[] = []
  class Counting extends MemoryStore {
    override async put(...args: Parameters<MemoryStore['put']>): Promise<number> {
      const [key, value] = args
      if (key.startsWith('/logpipe/status/')) written.push(value)
      // In the turn of the event loop in which the first report is due.
      else setImmediate(() => reporter.report(status(row('a'))))
      return await super.put(...args)
    }
  }
  const { reporter } = start(t, new Counting())
  reporter.report(status(row('a', { state: 'PENDING', applied: null })))
  await until('the report', () => written.some((text) => text.includes('APPLIED')))
  assert.equal(written.length, 1)
})

test('a lease that ran out while the agent hung is taken anew, and all is reported again', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  reporter.report(status(row('a')))
  await until('the status', async () => (await reported(store)) !== null)
  await store.endLease('1')
  assert.deepEqual(await keys(store), [])
  await until('both keys to be there again', async () => (await keys(store)).length === 2)
})

test('a status that is too large for the store keeps what is not well, and says how much it left out', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  const many = Array.from({ length: 5_000 }, (_, i) => row(`entry-${i}`))
  reporter.report(status(...many, row('bad', { state: 'FAILED', error: 'no such topic' })))
  await until('the status', async () => (await reported(store)) !== null)
  const { entries, omitted } = (await reported(store)) as AgentStatus
  assert.equal(entries[0]?.id, 'bad')
  assert.ok(omitted > 1_000 && entries.length + omitted === 5_001)
})

test('keys that would fill the status are left out of it; a few stay beside rows that were left out', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  const rows = Array.from({ length: 5_000 }, (_, i) => row(`entry-${i}`))
  const keysOf = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`/logpipe/collect/groups/${i}`, i]))
  const said = async (count: number): Promise<AgentStatus> => {
    reporter.report({ ...status(...rows.slice(count % 2)), keys: keysOf(count) })
    const wanted = 5_000 - (count % 2)
    const isThere = (one: AgentStatus | null): boolean => one !== null && one.entries.length + one.omitted === wanted
    await until('the status', async () => isThere(await reported(store)))
    return (await reported(store)) as AgentStatus
  }
  const few = await said(1_000)
  assert.equal(Object.keys(few.keys ?? {}).length, 1_000)
  assert.ok(Buffer.byteLength(JSON.stringify(few)) <= 262_144)
  assert.equal((await said(10_001)).keys, undefined)
})

test("two hosts' agents with one id are told", async (t) => {
  const store = new MemoryStore()
  await store.put('/logpipe/agents/web-1', JSON.stringify({ ...registration, host: 'web-2' }))
  const told: string[] = []
  start(t, store, { ...silentLogger, error: (message) => void told.push(message) })
  await until('the warning', () => told.length > 0)
  assert.match(told[0] ?? '', /same id/)
})

test('a transfer reports under keys of its own, so that the agent of the same host and id keeps its own', async (t) => {
  const store = new MemoryStore()
  const { reporter: agent } = start(t, store)
  agent.report(status(row('a')))
  const own = { ...registration, group: 'logtransfer' }
  const transfer = new Reporter({
    kind: 'transfer',
    store,
    prefix: '/logpipe',
    registration: own,
    log: silentLogger,
    paceMs: 1,
  })
  const end = new AbortController()
  const done = transfer.run(end.signal)
  const said: TransferStatus = { transfer: 'web-1', revision: 7, pipelines: [row('nginx')], omitted: 0 }
  transfer.report(said)
  await until('all four keys', async () => (await keys(store)).length === 4)
  const at = async (key: string): Promise<unknown> => JSON.parse((await store.list(key)).items[0]?.value ?? 'null')
  assert.deepEqual(await at('/logpipe/transfers/web-1'), own)
  assert.deepEqual(await at('/logpipe/transfer-status/web-1'), said)
  end.abort()
  await done
  assert.deepEqual(await keys(store), ['/logpipe/agents/web-1', '/logpipe/status/web-1'])
})
