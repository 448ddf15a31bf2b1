import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime/errors'
import { whenElected } from '../election.ts'
import type { Leases } from '../lease.ts'
import type { ConfigStore } from '../store.ts'
import { MemoryStore } from '../store-memory.ts'
import { openTestStore } from '../test-store.ts'
import { auditItem, type PastChange } from './audit.ts'
import { historyOf } from './history.ts'
import { auditChanges, type AuditorOptions } from './auditor.ts'
import { change, readStanding } from './change.ts'

const first = '[{"path":"/a.log","topic":"a"}]'
const second = '[{"path":"/b.log","topic":"b"}]'
const dayMs = 86_400_000

interface Own {
  store: ConfigStore & Leases
  prefix: string
  key: string
  /** Resolves when the key has a history of so many changes. */
  history(count: number): Promise<PastChange[]>
}

async function open(t: TestContext): Promise<Own> {
  const { store, prefix } = await openTestStore(t)
  const key = `${prefix}/collect/hosts/10.0.0.1`
  const history = async (count: number): Promise<PastChange[]> => {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
      const changes = await historyOf(store, prefix, key)
      if (changes.length >= count) return changes
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`There is no history of ${count} changes after 10 s.`)
  }
  return { store, prefix, key, history }
}

/** One of several that could be elected; ends with the test. */
function candidate(t: TestContext, own: Own, options: Partial<AuditorOptions> = {}): { stop(): Promise<void> } {
  const { store, prefix } = own
  const ending = new AbortController()
  const election = { store, key: `${prefix}/locks/audit`, owner: 'test', ttlMs: 5_000 }
  const work = auditChanges.bind(null, { store, prefix, keepDays: 365, paceMs: 20, ...options })
  const done = whenElected(election, work, ending.signal)
  const stop = async (): Promise<void> => {
    ending.abort()
    await done
  }
  t.after(stop)
  return { stop }
}

test('what is changed by hand is written down once, whoever is elected; what logctl changes is not', async (t) => {
  const own = await open(t)
  const { store, prefix, key, history } = own
  await store.put(key, first)
  const one = candidate(t, own)
  candidate(t, own)
  const [found] = await history(1)
  assert.deepEqual([found?.from, found?.to, found?.by], [{ unknown: true }, first, 'unknown'])
  const target = { kind: 'host', ip: '10.0.0.1' } as const
  await change(store, prefix, await readStanding(store, prefix, target), second, {
    by: 'ada',
    note: '',
    atMs: Date.now(),
  })
  await one.stop()
  const revision = await store.put(key, first)
  const third = (await history(3)).at(-1)
  assert.deepEqual([third?.from, third?.to, third?.revision], [second, first, revision])
  await store.delete(key)
  const all = await history(4)
  assert.deepEqual(
    all.map(({ by, to }) => [by, to]),
    [
      ['unknown', first],
      ['ada', second],
      ['unknown', first],
      ['unknown', null],
    ],
  )
})

test('what is too old is forgotten, by the elected one', async (t) => {
  const own = await open(t)
  const { store, prefix, key } = own
  const past = { key, by: 'ada', note: '' }
  const records = [
    auditItem(prefix, { ...past, from: null, to: first, atMs: Date.now() - 3 * dayMs }),
    auditItem(prefix, { ...past, from: first, to: second, atMs: Date.now() - dayMs }),
  ]
  for (const item of records) await store.put(item.key, item.value)
  await store.put(key, second)
  const trimmed = Promise.withResolvers<number>()
  candidate(t, own, { keepDays: 2, onTrimmed: trimmed.resolve })
  assert.equal(await trimmed.promise, 1)
  assert.deepEqual(
    (await historyOf(store, prefix, key)).map(({ to }) => to),
    [second],
  )
})

test('a store that is away is waited for; a fence that does not hold ends the work', { timeout: 20_000 }, async (t) => {
  class Shaky extends MemoryStore {
    failures = 1
    override async list(prefix: string): ReturnType<MemoryStore['list']> {
      if (prefix.endsWith('/audit/') && this.failures-- > 0) throw new LogpipeError('etcd_unavailable', 'away')
      return await super.list(prefix)
    }
  }
  const store = new Shaky()
  const ending = new AbortController()
  t.after(() => ending.abort())
  const createRevision = await store.put('/p/locks/audit', 'me')
  await store.put('/p/collect/hosts/10.0.0.1', first)
  const failed = Promise.withResolvers<unknown>()
  const wrote = Promise.withResolvers<unknown>()
  const term = { fence: { key: '/p/locks/audit', createRevision }, signal: ending.signal }
  const options = { store, prefix: '/p', keepDays: 1, paceMs: 5, onFailed: failed.resolve, onHandMade: wrote.resolve }
  const done = auditChanges(options, term)
  assert.ok(isLogpipeError(await failed.promise, 'etcd_unavailable'))
  await wrote.promise
  await store.delete('/p/locks/audit')
  await store.put('/p/collect/hosts/10.0.0.1', second)
  await assert.rejects(done, (error) => isLogpipeError(error, 'etcd_conflict'))
})
