import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AgentStatus, MemoryStore, type Registration } from '@logpipe/config'
import { createMetrics, Duties, type Logger, type Metrics, silentLogger, systemClock } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { compilePlan, emptyPlan, type Plan } from './compile.ts'
import { Fleet } from './fleet.ts'
import { type Selection, Selector } from './selection.ts'

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
const key = '/logpipe/collect/hosts/10.0.0.1'
const entries = (topic: string): string => JSON.stringify([{ id: topic, path: '/var/log/*.log', topic }])

interface Running {
  store: MemoryStore
  fleet: Fleet
  metrics: Metrics
  duties: Duties
  told: string[]
  /** The topics of the last plan that was made. */
  topics: () => string[]
  /** What the store says is the status; null: nothing. */
  status: () => Promise<AgentStatus | null>
}

interface Options {
  store?: MemoryStore
  memory?: { plan: string | null }
  /** Called before each plan is made; may throw. */
  before?: (selection: Selection) => void
}

/** An agent that collects nothing, whose plans run a moment after they were made. */
function start(
  t: TestContext,
  { store = new MemoryStore(), memory = { plan: null }, before = () => {} }: Options,
): Running {
  const told: string[] = []
  const log: Logger = { ...silentLogger, error: (message) => void told.push(message) }
  const metrics = createMetrics('test')
  const duties = new Duties({ log, metrics, baseMs: 5, maxMs: 20 })
  const { id, ips } = registration
  let plan: Plan = emptyPlan
  const fleet: Fleet = new Fleet({
    store,
    prefix: '/logpipe',
    selector: new Selector('/logpipe', { id, hostname: id, ips, labels: {} }),
    agent: { ledger: memory as never, scans: 0, leftOf: () => new Map() },
    clock: systemClock,
    log,
    duties,
    registration,
    leaseMs: 30_000,
    preview: null,
    apply: (selection) => {
      before(selection)
      const specs = selection.entries.map(({ spec }) => spec)
      plan = compilePlan(specs, plan)
      setImmediate(() => fleet.scanned(plan, []))
      return plan
    },
  })
  const stop = new AbortController()
  const done = fleet.run(stop.signal)
  t.after(async () => {
    stop.abort()
    await done
  })
  const status = async (): Promise<AgentStatus | null> => {
    const [item] = (await store.list('/logpipe/status/web-1')).items
    return item === undefined ? null : AgentStatus.parse(JSON.parse(item.value))
  }
  return { store, fleet, metrics, duties, told, topics: () => plan.entries.map(({ spec }) => spec.topic), status }
}

const applied = async ({ status }: Running, id: string): Promise<boolean> =>
  (await status())?.entries.some((row) => row.id === id && row.state === 'APPLIED') === true

test('entries that could not be applied for a while are applied when they can, and the agent never ends for it', async (t) => {
  let failures = 0
  const before = ({ entries: [first] }: Selection): void => {
    if (first?.spec.topic === 'app' && failures++ < 3) throw new Error('no plan')
  }
  const running = start(t, { before })
  await running.store.put(key, entries('web'))
  await waitFor(() => applied(running, 'web'), { what: 'the first entry', everyMs: 5 })
  await running.store.put(key, entries('app'))
  await waitFor(() => failures >= 1 && running.duties.trouble('entries') === 'no plan', { what: 'trouble', everyMs: 1 })
  assert.deepEqual(running.topics(), ['web'])
  await waitFor(() => applied(running, 'app'), { what: 'the second entry', everyMs: 5 })
  assert.deepEqual(running.topics(), ['app'])
  assert.equal(running.told.length, 1, running.told.join('; '))
  assert.match(await running.metrics.text(), /test_duty_failures_total\{duty="entries"\} 3/)
  assert.match(await running.metrics.text(), /test_duty_failures_total\{duty="registration"\} 0/)
})

test('a status that cannot be made harms neither the scan that asked for it nor what is collected', async (t) => {
  const running = start(t, {})
  await running.store.put(key, entries('web'))
  await waitFor(() => applied(running, 'web'), { what: 'the entry', everyMs: 5 })
  const odd = { entries: [], refused: null } as unknown as Plan
  running.fleet.scanned(odd, null as never)
  await waitFor(() => running.duties.trouble('status') !== null, { what: 'trouble', everyMs: 1 })
  await running.store.put(key, entries('app'))
  await waitFor(() => applied(running, 'app'), { what: 'the other entry', everyMs: 5 })
})

test('a status older than ours that stands there after etcd was restored is written anew at once', async (t) => {
  class Restored extends MemoryStore {
    back = 0
    override async list(prefix: string): ReturnType<MemoryStore['list']> {
      const { revision, items } = await super.list(prefix)
      return { revision: revision - this.back, items }
    }
  }
  const store = new Restored()
  const running = start(t, { store })
  await store.put(key, entries('web'))
  await waitFor(() => applied(running, 'web'), { what: 'the entry', everyMs: 5 })
  const [item] = (await store.list('/logpipe/status/web-1')).items
  assert.ok(item?.lease)
  await store.put(item.key, item.value.replace('APPLIED', 'PENDING'), { lease: item.lease })
  store.back = 10
  store.setAvailable(false)
  store.setAvailable(true)
  await waitFor(() => applied(running, 'web'), { what: 'the status of now', everyMs: 5 })
})

test('entries of the last run that cannot be used are said to be, and those of etcd are collected', async (t) => {
  for (const [i, plan] of ['{"torn', JSON.stringify([{ key, value: entries('old'), modRevision: 1 }])].entries()) {
    const store = new MemoryStore()
    await store.put(key, entries('web'))
    const before = ({ entries: [first] }: Selection): void => {
      if (first?.spec.topic === 'old') throw new Error('no plan')
    }
    const running = start(t, { store, memory: { plan }, before })
    await waitFor(() => applied(running, 'web'), { what: `the entry, ${i}`, everyMs: 5 })
    assert.match(running.told.join(), /last run cannot be used/)
  }
})
