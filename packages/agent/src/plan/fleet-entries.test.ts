import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MemoryStore } from '@logpipe/config'
import { type Clock, FakeClock, type Logger, LogpipeError, silentLogger, systemClock } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { FleetEntries } from './fleet-entries.ts'
import { Selector } from './selection.ts'

const key = '/logpipe/collect/hosts/10.0.0.1'
const service = '/logpipe/collect/services/shop/1'
const nginx = '[{"path": "/var/log/nginx/*.log", "topic": "web_log"}]'
const two = '[{"path": "/var/log/a.log", "topic": "a"}, {"path": "relative", "topic": "b"}]'
const shop = JSON.stringify({ host: '10.0.0.1', entries: [{ path: '/var/log/shop.log', topic: 'shop' }] })

interface Following {
  /** The topics of each selection that came out, in order. */
  seen: string[][]
  fleet: FleetEntries
  progress: { scans: number; lagBytes: number; isUnderWay: boolean }
  /** Resolves when it was asked how far the files of a service that is gone are, so many times more. */
  asked: (times: number) => Promise<void>
  memory: { plan: string | null }
}

interface Options {
  reconcileMs?: number
  memory?: { plan: string | null }
  log?: Logger
  clock?: Clock
}

function follow(
  t: TestContext,
  store: MemoryStore,
  { reconcileMs = 60_000, memory = { plan: null }, log = silentLogger, clock = systemClock }: Options = {},
): Following {
  const seen: string[][] = []
  const progress = { scans: 0, lagBytes: 0, isUnderWay: false }
  let questions = 0
  const fleet = new FleetEntries({
    store,
    selector: new Selector('/logpipe', { id: 'a', hostname: 'web-1', ips: ['10.0.0.1'], labels: { role: 'web' } }),
    clock,
    log,
    onSelection: ({ entries }) => void seen.push(entries.map(({ spec }) => spec.topic)),
    memory,
    progressOf: (entries) => {
      questions++
      const { scans, ...left } = progress
      return { scans, left: new Map([...entries].map((entry) => [entry, left])) }
    },
    reconcileMs,
    finishLookMs: 5,
  })
  const stop = new AbortController()
  const done = fleet.follow(stop.signal)
  t.after(async () => {
    stop.abort()
    await done
  })
  const asked = async (times: number): Promise<void> => {
    const until = questions + times
    await waitFor(() => questions >= until, { what: `${times} looks at the files of an ended service`, everyMs: 5 })
  }
  return { seen, fleet, progress, asked, memory }
}

async function until({ seen }: Following, topics: string[]): Promise<void> {
  await waitFor(() => JSON.stringify(seen.at(-1)) === JSON.stringify(topics), {
    what: `the topics ${topics.join(' ')}`,
    everyMs: 5,
  })
}

test('the entries of the host come out, and again whenever they change', async (t) => {
  const store = new MemoryStore()
  await store.put(key, nginx)
  const following = follow(t, store)
  await until(following, ['web_log'])
  await store.put(key, '[{"path": "/var/log/app.log", "topic": "app_log"}]')
  await until(following, ['app_log'])
  await store.delete(key)
  await until(following, [])
})

test('what throws while changes are put together ends the following, not the process; with the signal nothing comes after', async (t) => {
  const store = new MemoryStore()
  await store.put(key, nginx)
  const topics: string[] = []
  let isBroken = false
  const fleet = new FleetEntries({
    store,
    selector: new Selector('/logpipe', { id: 'a', hostname: 'web-1', ips: ['10.0.0.1'], labels: {} }),
    clock: systemClock,
    log: silentLogger,
    onSelection: ({ entries: [first] }) => {
      if (isBroken) throw new Error('no plan')
      topics.push(first?.spec.topic ?? 'none')
    },
    memory: { plan: null },
    progressOf: () => ({ scans: 0, left: new Map() }),
  })
  const following = fleet.follow(new AbortController().signal)
  await waitFor(() => topics.length === 1, { what: 'the first entry', everyMs: 5 })
  isBroken = true
  await store.put(key, nginx.replace('web_log', 'app_log'))
  await assert.rejects(following, /no plan/)
  isBroken = false
  const stop = new AbortController()
  t.after(() => stop.abort())
  const again = fleet.follow(stop.signal)
  await waitFor(() => topics.at(-1) === 'app_log', { what: 'the changed entry', everyMs: 5 })
  await store.put(key, nginx)
  stop.abort()
  await again
  await store.close()
  assert.deepEqual(topics, ['web_log', 'app_log'])
})

test('groups and services count, and an edit of many keys at once is one change', async (t) => {
  const store = new MemoryStore()
  const following = follow(t, store)
  await until(following, [])
  const before = following.seen.length
  const group = (topic: string): string =>
    JSON.stringify({ selector: { role: 'web' }, entries: [{ path: '/a', topic }] })
  for (let i = 0; i < 100; i++) await store.put('/logpipe/collect/groups/web', group(`t${i}`))
  await store.put(service, shop)
  await until(following, ['t99', 'shop'])
  assert.ok(following.seen.length - before <= 3)
})

test('a value that is no list of entries changes nothing, one bad entry harms no other, and both are told once', async (t) => {
  const store = new MemoryStore()
  const told: unknown[] = []
  await store.put(key, nginx)
  const following = follow(t, store, { log: { ...silentLogger, error: (_, fields) => void told.push(fields) } })
  await until(following, ['web_log'])
  await store.put(key, '{"path": ')
  await waitFor(() => told.length === 1, { what: 'the fault to be told', everyMs: 5 })
  await until(following, ['web_log'])
  await store.put(key, two)
  await until(following, ['a'])
  assert.equal(told.length, 2)
})

test('a store that is silent is read again, one that is away is waited for', async (t) => {
  class Odd extends MemoryStore {
    tries = 0
    override watch(...[, , , signal]: Parameters<MemoryStore['watch']>): Promise<void> {
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    override async list(prefix: string): ReturnType<MemoryStore['list']> {
      if (this.tries++ < 4) throw new LogpipeError('etcd_unavailable', 'away', { retriable: true })
      return await super.list(prefix)
    }
  }
  const store = new Odd()
  const following = follow(t, store, { reconcileMs: 20 })
  await waitFor(() => following.fleet.isAway, { what: 'the store to be noticed as away', everyMs: 5 })
  await until(following, [])
  await store.put(key, nginx)
  await until(following, ['web_log'])
  assert.equal(following.fleet.isAway, false)
})

test('what was wanted last is wanted at a start without the store; what could not be used then is not remembered', async (t) => {
  const store = new MemoryStore()
  await store.put(key, nginx)
  await store.put(service, shop)
  await store.put('/logpipe/collect/services/shop/2', shop.replace('10.0.0.1', '10.0.0.2'))
  const first = follow(t, store)
  await until(first, ['web_log', 'shop'])
  await store.put(key, 'no JSON')
  await waitFor(() => first.seen.length >= 2, { what: 'the change to arrive', everyMs: 5 })
  assert.doesNotMatch(first.memory.plan ?? '', /10\.0\.0\.2/)
  const away = new MemoryStore()
  away.setAvailable(false)
  const second = follow(t, away, { memory: first.memory })
  assert.deepEqual(second.seen, [['web_log', 'shop']])
})

test('the entries of a service that has ended go on until its files are read to their end', async (t) => {
  const store = new MemoryStore()
  await store.put(service, shop)
  const following = follow(t, store)
  await until(following, ['shop'])
  following.progress.lagBytes = 10
  await store.delete(service)
  await store.put(key, nginx)
  await until(following, ['web_log', 'shop'])
  following.progress.scans = 2
  const { length } = following.seen
  // Whatever follows from the first answer has happened before the next question.
  await following.asked(2)
  assert.equal(following.seen.length, length, 'some of it is not acknowledged yet')
  following.progress.lagBytes = 0
  await until(following, ['web_log'])
})

test('what can be delivered of an ended service is waited for as long as it takes, what cannot for a minute', async (t) => {
  const store = new MemoryStore()
  const clock = new FakeClock()
  await store.put(service, shop)
  const following = follow(t, store, { clock })
  await until(following, ['shop'])
  // As with a Kafka that is away, or more than a minute's work.
  Object.assign(following.progress, { scans: 9, lagBytes: 10, isUnderWay: true })
  await store.delete(service)
  await store.put(key, nginx)
  await until(following, ['web_log', 'shop'])
  const { length } = following.seen
  for (let minutes = 0; minutes < 10; minutes++) {
    await following.asked(2)
    clock.advance(59_000)
  }
  // As of a line that its writer never ended.
  following.progress.isUnderWay = false
  await following.asked(2)
  assert.equal(following.seen.length, length)
  clock.advance(61_000)
  await until(following, ['web_log'])
})

test('a restart before the files of an ended service are read does not forget the rest of them', async (t) => {
  const store = new MemoryStore()
  await store.put(service, shop)
  const first = follow(t, store)
  await until(first, ['shop'])
  first.progress.lagBytes = 10
  await store.delete(service)
  await store.put(key, nginx)
  await until(first, ['web_log', 'shop'])
  const second = follow(t, store, { memory: { plan: first.memory.plan } })
  second.progress.lagBytes = 10
  await waitFor(() => second.seen.length >= 2, { what: 'the store to be read', everyMs: 5 })
  assert.deepEqual(second.seen.at(-1)?.toSorted(), ['shop', 'web_log'])
  second.progress.lagBytes = 0
  second.progress.scans = 9
  await until(second, ['web_log'])
  assert.doesNotMatch(second.memory.plan ?? '', /shop/)
})

test('a service that registers again in the meantime simply goes on', async (t) => {
  const store = new MemoryStore()
  await store.put(service, shop)
  const following = follow(t, store)
  await until(following, ['shop'])
  following.progress.lagBytes = 10
  const other = '/logpipe/collect/services/shop/2'
  await store.put(other, shop.replaceAll('shop', 'other'))
  await until(following, ['shop', 'other'])
  await store.delete(service)
  await until(following, ['other', 'shop'])
  await store.put(service, shop)
  await store.delete(other)
  await until(following, ['shop', 'other'])
  following.progress.lagBytes = 0
  following.progress.scans = 9
  // The other one, which is gone, ends at the same look at which this one would.
  await until(following, ['shop'])
  await store.put(key, nginx)
  await until(following, ['web_log', 'shop'])
})
