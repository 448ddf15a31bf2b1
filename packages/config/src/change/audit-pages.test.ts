import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { openEtcdStore } from '../open-store.ts'
import type { ConfigStore, ListOptions, StoreItem } from '../store.ts'
import { openTestStore, testEndpoints } from '../test-store.ts'
import { auditItem } from './audit.ts'
import { auditPages } from './audit-pages.ts'
import { auditChanges } from './auditor.ts'
import { change, readStanding } from './change.ts'
import type { HandMade } from './hand-made.ts'
import { LastChanges } from './last-changes.ts'

/** A hundred thousand by `npm run e2e -- --long`'s setting; else what a test may take. */
const written = process.env['LOGPIPE_LONG'] === '1' ? 100_000 : 20_000
/** etcd takes 128 operations a transaction. */
const perWrite = 128

interface Measured {
  store: ConfigStore
  /** Of each read of audit keys, how many came. */
  reads: number[]
}

/** The store, with what is read of `audit/` counted. */
function measured(store: ConfigStore, prefix: string): Measured {
  const reads: number[] = []
  const list = async (at: string, options?: ListOptions): Promise<{ revision: number; items: StoreItem[] }> => {
    const found = await store.list(at, options)
    if (at === `${prefix}/audit/`) reads.push(found.items.length)
    return found
  }
  const proxy: ConfigStore = {
    list,
    watch: (...args) => store.watch(...args),
    put: (...args) => store.put(...args),
    delete: (...args) => store.delete(...args),
    close: () => store.close(),
  }
  return { store: proxy, reads }
}

/** Deletes what the test has written in one request: one by one takes longer than the test. */
async function deleteAll(prefix: string): Promise<void> {
  const [endpoint = ''] = testEndpoints()
  const [key, end] = [`${prefix}/`, `${prefix}0`].map((text) => Buffer.from(text).toString('base64'))
  const body = JSON.stringify({ key, range_end: end })
  const { ok } = await fetch(new URL('/v3/kv/deleterange', endpoint), { method: 'POST', body })
  assert.ok(ok)
}

async function open(t: TestContext): Promise<{ store: ConfigStore; prefix: string }> {
  const store = await openEtcdStore({ endpoints: testEndpoints() })
  const prefix = `/logpipe-test-${randomUUID()}`
  t.after(async () => {
    await store.close()
    await deleteAll(prefix)
  })
  return { store, prefix }
}

/** What the change of this number made. */
function valueOf(prefix: string, i: number): { key: string; value: string } {
  const key = `${prefix}/collect/hosts/10.0.${Math.floor(i / 250) % 4}.${i % 250}`
  return { key, value: JSON.stringify([{ path: `/var/log/${i}.log`, topic: 'web_log' }]) }
}

/** Writes the changes of a thousand hosts, a second apart, as of the last two days, and what the last ones made. */
async function writeChanges(store: ConfigStore, prefix: string): Promise<string> {
  const beganMs = Date.now() - (written + 3_600) * 1_000
  const item = (i: number): { key: string; value: string } => {
    const { key, value: to } = valueOf(prefix, i)
    return auditItem(prefix, { key, from: null, to, by: 'ada', note: '', atMs: beganMs + i * 1_000 })
  }
  const starts = Array.from({ length: Math.ceil(written / perWrite) }, (_, i) => i * perWrite)
  const write = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const first = start
      const count = Math.min(perWrite, written - first)
      const [one, ...beside] = Array.from({ length: count }, (_, i) => item(first + i))
      if (one !== undefined) await store.put(one.key, one.value, { beside })
    }
  }
  await Promise.all(Array.from({ length: 4 }, write))
  const standing = Array.from({ length: 1_000 }, (_, i) => valueOf(prefix, written - 1_000 + i))
  for (let i = 0; i < standing.length; i += perWrite) {
    const [one, ...beside] = standing.slice(i, i + perWrite)
    if (one !== undefined) await store.put(one.key, one.value, { beside })
  }
  return `${prefix}/collect/hosts/10.0.0.7`
}

test(
  'of many thousand changes that are written down few are held at once, and only what is new is read when another one is made',
  { timeout: 90_000 },
  async (t) => {
    const { store, prefix } = await open(t)
    const key = await writeChanges(store, prefix)
    const counted = measured(store, prefix)

    const last = new LastChanges(counted.store, prefix)
    const { signal } = new AbortController()
    await last.readNew(signal)
    assert.equal(last.byKey.size, 1_000, 'one for each key, not for each change')
    assert.equal(sum(counted.reads), written)
    assert.ok(Math.max(...counted.reads) <= 1_000, 'a page is no more')
    const stands = `[{"path":"/var/log/${written - 1_000 + 7}.log","topic":"web_log"}]`
    assert.equal(await last.valueOf(key), stands, 'whole, though only its hash is held')
    counted.reads.length = 0
    await last.readNew(signal)
    assert.equal(sum(counted.reads), 0)

    // The auditor reads all of it when its term begins, then what is new, and all once more for what seems to be by hand.
    counted.reads.length = 0
    const createRevision = await store.put(`${prefix}/locks/audit`, 'me')
    const ending = new AbortController()
    const found: HandMade[] = []
    const failures: unknown[] = []
    const options = { store: counted.store, prefix, keepDays: 365, paceMs: 20 }
    const done = auditChanges(
      { ...options, onHandMade: (change) => void found.push(change), onFailed: (error) => void failures.push(error) },
      { fence: { key: `${prefix}/locks/audit`, createRevision }, signal: ending.signal },
    )
    t.after(async () => {
      ending.abort()
      await done.catch(() => undefined)
    })
    await until(() => sum(counted.reads) >= written)
    const standing = await readStanding(store, prefix, { kind: 'host', ip: '10.0.0.7' })
    const [next, byHand] = ['[]', '[{"path":"/var/log/by-hand.log","topic":"t"}]']
    await change(store, prefix, standing, next, { by: 'ada', note: '', atMs: Date.now() })
    await until(() => sum(counted.reads) > written)
    assert.deepEqual(found, [])
    counted.reads.length = 0
    const revision = await store.put(key, byHand)
    await until(() => found.length > 0)
    assert.deepEqual(found, [{ key, from: next, to: byHand, revision }])
    assert.ok(sum(counted.reads) <= written + 10, `${sum(counted.reads)} were read`)
    assert.deepEqual(failures, [])
    ending.abort()
    await done
  },
)

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 40_000; !isSo();) {
    assert.ok(Date.now() < deadline, 'it has not come so far in 40 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('pages go from a time to a time, by the clocks of those who wrote; what is no record is passed by', async (t) => {
  const { store, prefix } = await openTestStore(t)
  for (const atMs of [1_700_000_000_000, 1_700_000_000_500, 1_700_000_001_000]) {
    const { key, value } = auditItem(prefix, { key: `${atMs}`, from: null, to: 'a', by: 'ada', note: '', atMs })
    await store.put(key, value)
  }
  await store.put(`${prefix}/audit/1700000000600-0000000000000000`, 'not ours')
  const told = async (range: { fromMs?: number; beforeMs?: number }): Promise<string[]> => {
    const found: string[] = []
    for await (const page of auditPages(store, prefix, range))
      found.push(...page.map(({ change }) => change.key.slice(-4)))
    return found
  }
  assert.deepEqual(await told({}), ['0000', '0500', '1000'])
  assert.deepEqual(await told({ fromMs: 1_700_000_000_500 }), ['0500', '1000'])
  assert.deepEqual(await told({ beforeMs: 1_700_000_001_000 }), ['0000', '0500'])
})

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0)
}
