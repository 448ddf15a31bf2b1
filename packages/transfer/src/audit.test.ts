import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historyOf, openEtcdStore } from '@logpipe/config'
import { silentLogger } from '@logpipe/runtime'
import { closeAfter, randomName, testServers, waitFor } from '@logpipe/testkit'
import { audit } from './audit.ts'

const settings = { enabled: true, keepDays: 365 }
const entries = '[{"path":"/a.log","topic":"a"}]'

test(
  'a change by hand is in the history when a transfer runs, and told once; the next one takes over',
  { timeout: 30_000 },
  async (t) => {
    const endpoints = testServers().etcdEndpoints
    const prefix = `/${randomName('audit')}`
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, async () => {
      for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
      await store.close()
    })
    const key = `${prefix}/collect/groups/web`
    const told: string[] = []
    const log = { ...silentLogger, info: (message: string) => void told.push(message) }
    const ending = new AbortController()
    const one = audit({ store, prefix, owner: 'one', settings, log, paceMs: 20 }, ending.signal)
    const holder = async (): Promise<string | undefined> => (await store.list(`${prefix}/locks/audit`)).items[0]?.value
    await waitFor(async () => (await holder()) === 'one', { what: 'the first to be elected', everyMs: 10 })
    const later = new AbortController()
    const next = audit({ store, prefix, owner: 'two', settings, log: silentLogger, paceMs: 20 }, later.signal)
    closeAfter(t, async () => {
      later.abort()
      await next
    })
    await store.put(key, entries)
    const recorded = (count: number): Promise<unknown> =>
      waitFor(async () => (await historyOf(store, prefix, key)).length === count, { what: 'the record', everyMs: 10 })
    await recorded(1)
    await waitFor(() => told.length === 1, { what: 'the log line', everyMs: 10 })
    ending.abort()
    await one
    await store.delete(key)
    await recorded(2)
    assert.equal(await holder(), 'two')
  },
)

test('an etcd that is away is told once, and harms nobody', { timeout: 20_000 }, async (t) => {
  const told: unknown[] = []
  const twice = Promise.withResolvers<void>()
  const store = await openEtcdStore({ endpoints: ['http://127.0.0.1:9'] })
  closeAfter(t, () => store.close())
  let tries = 0
  const list = store.list.bind(store)
  store.list = async (prefix) => {
    if (++tries === 3) twice.resolve()
    return await list(prefix)
  }
  const ending = new AbortController()
  const log = { ...silentLogger, warn: (_: string, fields: unknown) => void told.push(fields) }
  const done = audit({ store, prefix: '/p', owner: 'one', settings, log }, ending.signal)
  await twice.promise
  ending.abort()
  await done
  assert.equal(told.length, 1)
})
