import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { buildKey, type ConfigStore, MemoryStore, openEtcdStore, Pipeline } from '@logpipe/config'
import { closeAfter, testServers, waitFor } from '@logpipe/testkit'
import { PipelineEvent } from './event.ts'
import { Pipelines } from './pipelines.ts'
import { StoredPipelines } from './stored-pipelines.ts'

const keyOf = (name: string, prefix = '/logpipe'): string => buildKey(prefix, { kind: 'pipeline', name })

/** A pipeline that adds this text as the field `x`. */
const adds = (x: string): string => JSON.stringify({ processors: [{ add: { fields: { x } } }] })

interface Follower {
  pipelines: Pipelines
  /** What was told, in order. */
  told: string[]
  /** What the pipeline of this name puts into `x`. */
  made(name: string): unknown
  until(text: string): Promise<unknown>
}

function follow(t: TestContext, store: ConfigStore, { prefix = '/logpipe', reconcileMs = 60_000 } = {}): Follower {
  const pipelines = new Pipelines({ base: Pipeline.parse(JSON.parse(adds('settings'))) })
  const told: string[] = []
  const events = {
    pipelineChanged: (name: string, change: string) => void told.push(`${change} ${name}`),
    pipelineRefused: (key: string, reason: string) => void told.push(`refused ${key}: ${reason}`),
    pipelinesAway: () => void told.push('away'),
  }
  const stop = new AbortController()
  const done = new StoredPipelines({ store, prefix, pipelines, events, reconcileMs }).follow(stop.signal)
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
  return { pipelines, told, made, until }
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
