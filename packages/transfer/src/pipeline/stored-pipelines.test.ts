import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { buildKey, type ConfigStore, MemoryStore, openEtcdStore, Pipeline, type StoreItem } from '@logpipe/config'
import { closeAfter, testServers, waitFor } from '@logpipe/testkit'
import { PipelineEvent } from './event.ts'
import { Pipelines } from './pipelines.ts'
import { type StoredState, StoredPipelines } from './stored-pipelines.ts'

const keyOf = (name: string, prefix = '/logpipe'): string => buildKey(prefix, { kind: 'pipeline', name })

/** A pipeline that adds this text as the field `x`. */
const adds = (x: string): string => JSON.stringify({ processors: [{ add: { fields: { x } } }] })

interface Follower {
  pipelines: Pipelines
  /** What was told, in order. */
  told: string[]
  /** What is to be reported, and kept. */
  states: StoredState[]
  stored: StoredPipelines
  /** What the pipeline of this name puts into `x`. */
  made(name: string): unknown
  until(text: string): Promise<unknown>
}

interface FollowOptions {
  prefix?: string
  reconcileMs?: number
  kept?: StoreItem[] | null
}

function follow(t: TestContext, store: ConfigStore, options: FollowOptions = {}): Follower {
  const { prefix = '/logpipe', reconcileMs = 60_000, kept = null } = options
  const pipelines = new Pipelines({ base: Pipeline.parse(JSON.parse(adds('settings'))) })
  const told: string[] = []
  const events = {
    pipelineChanged: (name: string, change: string) => void told.push(`${change} ${name}`),
    pipelineRefused: (key: string, reason: string) => void told.push(`refused ${key}: ${reason}`),
    pipelinesAway: () => void told.push('away'),
    pipelinesWentBack: () => void told.push('went back'),
    keptPipelinesUsed: (count: number) => void told.push(`kept ${count}`),
  }
  const states: StoredState[] = []
  const onSync = (state: StoredState): void => void states.push(state)
  const stop = new AbortController()
  const stored = new StoredPipelines({ store, prefix, pipelines, events, kept, onSync, reconcileMs })
  const done = stored.follow(stop.signal)
  t.after(async () => {
    stop.abort()
    await done
  })
  const made = (name: string): unknown => {
    const event = new PipelineEvent()
    pipelines.find(name)?.run(event)
    return event.get('x')
  }
  const until = (text: string): Promise<unknown> =>
    waitFor(() => told.some((each) => each.includes(text)), { what: `'${text}' to be told`, everyMs: 5 })
  return { pipelines, told, states, stored, made, until }
}

test('pipelines of the store win over those of the settings, and changes take effect at once', async (t) => {
  const store = new MemoryStore()
  await store.put(keyOf('app'), adds('1'))
  const { made, told, until } = follow(t, store)
  await until('put app')
  assert.deepEqual([made('app'), made('base'), made('none')], ['1', 'settings', undefined])
  await store.put(keyOf('app'), adds('2'))
  await store.put(keyOf('base'), adds('stored'))
  await until('put base')
  assert.deepEqual([made('app'), made('base')], ['2', 'stored'])
  await store.delete(keyOf('base'))
  await store.delete(keyOf('app'))
  await until('removed app')
  assert.deepEqual([made('app'), made('base')], [undefined, 'settings'])
  assert.deepEqual(told, ['put app', 'put app', 'put base', 'removed base', 'removed app'])
})

test('a broken pipeline is told with its key and what is wrong; the last good one goes on', async (t) => {
  const store = new MemoryStore()
  await store.put(keyOf('app'), adds('1'))
  const { made, until } = follow(t, store)
  await until('put app')
  await store.put(keyOf('app'), '{"processors": [{"jsom": {}}]}')
  await until("refused /logpipe/pipelines/app: processors[0].jsom is not a setting; did you mean 'json'?")
  await store.put(keyOf('app'), '{"processors": [{"json": {"if": {"field": "a", "matches": "(?=a)"}}}]}')
  await until('refused /logpipe/pipelines/app: pipelines.app.processors[0].json: ')
  assert.equal(made('app'), '1')
  await store.put(keyOf('app'), adds('2'))
  await waitFor(() => made('app') === '2', { what: 'the mended pipeline', everyMs: 5 })
})

test('what changed while the store was away is found when it is back, deletions too', async (t) => {
  const store = new MemoryStore()
  await store.put(keyOf('app'), adds('1'))
  await store.put(keyOf('old'), adds('1'))
  const { made, until } = follow(t, store)
  await until('put old')
  store.setAvailable(false)
  await until('away')
  assert.equal(made('app'), '1')
  store.setAvailable(true)
  await store.put(keyOf('app'), adds('2'))
  await store.delete(keyOf('old'))
  await waitFor(() => made('app') === '2' && made('old') === undefined, { what: 'the changes', everyMs: 5 })
})

test('each pipeline is reported with the revision that is in use; one that cannot be used, with the reason', async (t) => {
  const store = new MemoryStore()
  const first = await store.put(keyOf('app'), adds('1'))
  const never = await store.put(keyOf('never'), '{"processors": 1}')
  const { states, told, until } = follow(t, store)
  await until('put app')
  const app = { id: 'app', desired: first, attempted: first, applied: first, state: 'APPLIED', error: null }
  assert.deepEqual(states.at(-1)?.rows[0], app)
  const [, other] = states.at(-1)?.rows ?? []
  assert.deepEqual([other?.id, other?.desired, other?.applied, other?.state], ['never', never, null, 'FAILED'])
  assert.match(other?.error ?? '', /^processors must be/)

  const bad = await store.put(keyOf('app'), 'no JSON')
  await until('refused /logpipe/pipelines/app')
  const { error, ...row } = states.at(-1)?.rows[0] ?? assert.fail()
  assert.deepEqual({ ...row, error: null }, { ...app, desired: bad, attempted: bad, state: 'FAILED' })
  assert.match(error ?? '', /is not JSON/)
  assert.deepEqual(
    states.at(-1)?.used.map(({ value }) => value),
    [adds('1')],
    'the good one is kept',
  )

  const same = await store.put(keyOf('app'), adds('1'))
  assert.deepEqual(states.at(-1)?.rows[0], { ...app, desired: same, attempted: same, applied: same })
  told.splice(0)
  const again = await store.put(keyOf('app'), adds('1'))
  assert.equal(states.at(-1)?.rows[0]?.applied, again, 'the same text, at a later revision')
  assert.deepEqual(told, [], 'it is not made anew')
})

test('without the store at the start, those of the last run are used; what it holds counts when it is back', async (t) => {
  const store = new MemoryStore()
  store.setAvailable(false)
  const kept = ['app', 'old', 'bad'].map((name, i) => ({ key: keyOf(name), value: adds('kept'), modRevision: i + 1 }))
  kept.push({ key: keyOf('broken'), value: 'of another version', modRevision: 9 })
  const { made, told, states, stored, until } = follow(t, store, { kept })
  await stored.known
  assert.deepEqual([made('app'), made('old'), made('broken')], ['kept', 'kept', undefined])
  assert.deepEqual(told.splice(0), ['away', 'kept 3'])
  assert.equal(states.length, 0, 'nothing is reported of a store that was not read')

  store.setAvailable(true)
  await store.put(keyOf('app'), adds('new'))
  await store.put(keyOf('bad'), 'no JSON')
  await until('refused')
  await until('removed old')
  assert.deepEqual([made('app'), made('old'), made('bad')], ['new', undefined, 'kept'])
  assert.equal(states.at(-1)?.used.length, 2)
})

test('without the store and without a copy nothing is known, and no line may be parsed', async (t) => {
  const store = new MemoryStore()
  store.setAvailable(false)
  const { stored, until, told } = follow(t, store)
  await until('away')
  const outcome = await Promise.race([
    stored.known.then(() => 'known'),
    new Promise((resolve) => setImmediate(resolve)),
  ])
  assert.equal(outcome, undefined)
  store.setAvailable(true)
  await stored.known
  assert.deepEqual(told, ['away'])
})

test('a watch that stays silent is made up for by reading again', async (t) => {
  const store = new MemoryStore()
  await store.put(keyOf('app'), adds('1'))
  const silent: ConfigStore = {
    list: (prefix) => store.list(prefix),
    watch: (_prefix, _from, _onChange, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    put: () => Promise.resolve(0),
    delete: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  }
  const { made, until } = follow(t, silent, { reconcileMs: 20 })
  await until('put app')
  await store.put(keyOf('app'), adds('2'))
  await waitFor(() => made('app') === '2', { what: 'the next reading', everyMs: 5 })
})

test('pipelines are followed in the real etcd', async (t) => {
  const store = await openEtcdStore({ endpoints: testServers().etcdEndpoints })
  closeAfter(t, () => store.close())
  const prefix = `/test-${crypto.randomUUID()}`
  closeAfter(t, async () => void (await store.delete(keyOf('app', prefix))))
  await store.put(keyOf('app', prefix), adds('1'))
  const { made, until } = follow(t, store, { prefix })
  await until('put app')
  await store.put(keyOf('app', prefix), adds('2'))
  await waitFor(() => made('app') === '2', { what: 'the change', everyMs: 20 })
  await store.delete(keyOf('app', prefix))
  await until('removed app')
})
