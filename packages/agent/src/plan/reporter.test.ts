import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AgentStatus, type EntryStatus, MemoryStore, type Registration } from '@logpipe/config'
import { type Logger, silentLogger } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
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
): { reporter: Reporter; stop: () => Promise<void> } {
  const reporter = new Reporter({ store, prefix: '/logpipe', registration, log, paceMs: 1 })
  const end = new AbortController()
  const done = reporter.run(end.signal)
  const stop = async (): Promise<void> => {
    end.abort()
    await done
  }
  t.after(stop)
  return { reporter, stop }
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
  await waitFor(async () => (await reported(store))?.entries.length === 2, { what: 'the status', everyMs: 5 })
  assert.deepEqual(await keys(store), ['/logpipe/agents/web-1', '/logpipe/status/web-1'])
  await stop()
  assert.deepEqual(await keys(store), [])
})

test('the same status is written once', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  reporter.report(status(row('a')))
  await waitFor(async () => (await reported(store)) !== null, { what: 'the status', everyMs: 5 })
  const { revision } = await store.list('/')
  reporter.report(status(row('a')))
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal((await store.list('/')).revision, revision)
})

test('a lease that ran out while the agent hung is taken anew, and all is reported again', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  reporter.report(status(row('a')))
  await waitFor(async () => (await reported(store)) !== null, { what: 'the status', everyMs: 5 })
  await store.endLease('1')
  assert.deepEqual(await keys(store), [])
  await waitFor(async () => (await keys(store)).length === 2, { what: 'both keys to be there again', everyMs: 5 })
})

test('a status that is too large for the store keeps what is not well, and says how much it left out', async (t) => {
  const store = new MemoryStore()
  const { reporter } = start(t, store)
  const many = Array.from({ length: 5_000 }, (_, i) => row(`entry-${i}`))
  reporter.report(status(...many, row('bad', { state: 'FAILED', error: 'no such topic' })))
  await waitFor(async () => (await reported(store)) !== null, { what: 'the status', everyMs: 5 })
  const { entries, omitted } = (await reported(store)) as AgentStatus
  assert.equal(entries[0]?.id, 'bad')
  assert.ok(omitted > 1_000 && entries.length + omitted === 5_001)
})

test("two hosts' agents with one id are told", async (t) => {
  const store = new MemoryStore()
  await store.put('/logpipe/agents/web-1', JSON.stringify({ ...registration, host: 'web-2' }))
  const told: string[] = []
  start(t, store, { ...silentLogger, error: (message) => void told.push(message) })
  await waitFor(() => told.length > 0, { what: 'the warning', everyMs: 5 })
  assert.match(told[0] ?? '', /same id/)
})
