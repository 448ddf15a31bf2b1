import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CollectEntry, MemoryStore } from '@logpipe/config'
import { LogpipeError, silentLogger } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { HostEntries } from './host-entries.ts'

const key = '/logpipe/collect/hosts/10.0.0.1'
const nginx = '[{"path": "/var/log/nginx/*.log", "topic": "web_log"}]'
const two = '[{"path": "/var/log/a.log", "topic": "a"}, {"path": "relative", "topic": "b"}]'

/** Follows the host's key; `seen` holds the topics of each plan that came out, in order. */
function follow(t: TestContext, store: MemoryStore, reconcileMs = 60_000): { seen: string[][]; host: HostEntries } {
  const seen: string[][] = []
  const onEntries = (entries: readonly CollectEntry[]): void => void seen.push(entries.map(({ topic }) => topic))
  const host = new HostEntries({ store, prefix: '/logpipe', ip: '10.0.0.1', log: silentLogger, onEntries, reconcileMs })
  const stop = new AbortController()
  const done = host.follow(stop.signal)
  t.after(async () => {
    stop.abort()
    await done
  })
  return { seen, host }
}

function until(seen: string[][], count: number): Promise<unknown> {
  return waitFor(() => seen.length >= count, { what: `plan number ${count}`, everyMs: 5 })
}

test('entries that stand there are taken, and every change takes effect', async (t) => {
  const store = new MemoryStore()
  await store.put(key, nginx)
  const { seen } = follow(t, store)
  await until(seen, 1)
  await store.put(key, '[{"path": "/var/log/app.log", "topic": "app_log"}]')
  await until(seen, 2)
  await store.delete(key)
  await until(seen, 3)
  assert.deepEqual(seen, [['web_log'], ['app_log'], []])
})

test('a host whose address only begins like ours changes nothing here', async (t) => {
  const store = new MemoryStore()
  await store.put('/logpipe/collect/hosts/10.0.0.12', nginx)
  const { seen } = follow(t, store)
  await until(seen, 1)
  await store.put('/logpipe/collect/hosts/10.0.0.13', nginx)
  await store.put(key, '[{"path": "/var/log/own.log", "topic": "own"}]')
  await until(seen, 2)
  assert.deepEqual(seen, [[], ['own']])
})

test('a broken value leaves the entries from before running, and one bad entry harms no other', async (t) => {
  const store = new MemoryStore()
  await store.put(key, nginx)
  const { seen } = follow(t, store)
  await until(seen, 1)
  await store.put(key, '{"path": ')
  await store.put(key, '{"path": "/var/log/a.log"}')
  await store.put(key, two)
  await until(seen, 2)
  assert.deepEqual(seen, [['web_log'], ['a']])
})

test('a change that no watch told is found by reading again', async (t) => {
  class Silent extends MemoryStore {
    override watch(...[, , , signal]: Parameters<MemoryStore['watch']>): Promise<void> {
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
  }
  const store = new Silent()
  const { seen } = follow(t, store, 20)
  await until(seen, 1)
  await store.put(key, nginx)
  await until(seen, 2)
  assert.deepEqual(seen, [[], ['web_log']])
})

test('a store that is away is asked again until it answers', async (t) => {
  class Away extends MemoryStore {
    tries = 0
    override async list(prefix: string): ReturnType<MemoryStore['list']> {
      if (this.tries++ < 2) throw new LogpipeError('etcd_unavailable', 'away', { retriable: true })
      return await super.list(prefix)
    }
  }
  const store = new Away()
  await store.put(key, nginx)
  const { seen, host } = follow(t, store)
  await waitFor(() => host.isAway, { what: 'the store to be noticed as away', everyMs: 5 })
  await until(seen, 1)
  assert.equal(host.isAway, false)
  assert.deepEqual(seen, [['web_log']])
})

test('a store that was compacted past us is caught up with', async (t) => {
  const store = new MemoryStore()
  await store.put(key, nginx)
  const { seen } = follow(t, store)
  await until(seen, 1)
  store.setAvailable(false)
  store.setAvailable(true)
  store.compact((await store.put(key, two)) + 1)
  await until(seen, 2)
  assert.deepEqual(seen, [['web_log'], ['a']])
})
