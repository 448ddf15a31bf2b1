import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { type TestContext, test } from 'node:test'
import {
  askTransfer,
  type ConfigStore,
  type Leases,
  loadSettings,
  openEtcdStore,
  TransferRegistration,
  TransferStatus,
} from '@logpipe/config'
import { createMetrics, Duties, type Metrics, silentLogger } from '@logpipe/runtime'
import { closeAfter, randomName, testServers, waitFor } from '@logpipe/testkit'
import { Events } from '../events.ts'
import { Pipelines } from '../pipeline/pipelines.ts'
import { type Fleet, openFleet } from './fleet.ts'

const good = '{"processors":[{"json":{}}]}'

interface Opened {
  fleet: Fleet
  store: ConfigStore & Leases
  prefix: string
  pipelines: Pipelines
  metrics: Metrics
  /** What stands there, parsed. */
  at: (key: string) => Promise<unknown>
}

async function open(
  t: TestContext,
  address: string,
  more: Record<string, string> = {},
  pipelines = new Pipelines(),
): Promise<Opened> {
  const prefix = `/${randomName('fleet')}`
  const { etcdEndpoints } = testServers()
  const flags = {
    'kafka.brokers': '127.0.0.1:9',
    'kafka.topics': 'none',
    'kafka.group': 'shop',
    'elasticsearch.nodes': 'http://127.0.0.1:9',
    'etcd.endpoints': etcdEndpoints.join(','),
    'etcd.prefix': prefix,
    ...more,
  }
  const loaded = loadSettings('transfer', { env: {}, flags })
  assert.ok(loaded.ok)
  const store = await openEtcdStore({ endpoints: etcdEndpoints })
  closeAfter(t, async () => {
    for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
    await store.close()
  })
  await store.put(`${prefix}/pipelines/shop`, good)
  const metrics = createMetrics('test')
  const events = new Events(silentLogger, metrics)
  const duties = new Duties({ log: silentLogger, metrics, baseMs: 20 })
  const parts = { pipelines, events, log: silentLogger, duties, address }
  const fleet = await openFleet(loaded.settings, parts, t.signal)
  closeAfter(t, () => fleet.close())
  const at = async (key: string): Promise<unknown> => {
    const { items } = await store.list(`${prefix}/${key}`)
    return items[0] === undefined ? null : JSON.parse(items[0].value)
  }
  return { fleet, store, prefix, pipelines, metrics, at }
}

test('a transfer is registered and reports its pipelines while it runs, and takes it back at its end', async (t) => {
  const { fleet, store, prefix, pipelines, at } = await open(t, '127.0.0.1:9601')
  await fleet.known
  assert.ok(pipelines.find('shop'))
  const name = hostname()
  const reported = async (state: string): Promise<TransferStatus> => {
    const look = async (): Promise<TransferStatus | false> => {
      const read = TransferStatus.safeParse(await at(`transfer-status/${name}`))
      return read.success && read.data.pipelines[0]?.state === state && read.data
    }
    return (await waitFor(look, { what: `a status with ${state}` })) as TransferStatus
  }
  const { transfer, revision, pipelines: rows } = await reported('APPLIED')
  assert.deepEqual([transfer, rows.length, rows[0]?.id, rows[0]?.applied], [name, 1, 'shop', revision])
  const { group, address, pid, labels } = TransferRegistration.parse(await at(`transfers/${name}`))
  assert.deepEqual([group, address, pid, labels], ['shop', '127.0.0.1:9601', process.pid, {}])
  await store.put(`${prefix}/pipelines/shop`, 'no JSON')
  const failed = await reported('FAILED')
  assert.deepEqual([failed.pipelines[0]?.applied, failed.revision > revision], [revision, true])
  await fleet.close()
  assert.deepEqual([await at('transfers/'), await at('transfer-status/')], [null, null])
})

test('a second transfer of a host has its port behind its name; who is named goes by that', async (t) => {
  const second = await open(t, '127.0.0.1:9701')
  await waitFor(() => second.at(`transfers/${hostname()}-9701`), { what: 'the second to be registered' })
  const named = await open(t, '127.0.0.1:9701', { id: 'blue' })
  await waitFor(() => named.at('transfers/blue'), { what: 'the named one to be registered' })
})

test('it stands for election as the one who writes down changes by hand, unless that is switched off', async (t) => {
  const aside = await open(t, '127.0.0.1:9601', { 'audit.enabled': 'false' })
  const { store, prefix } = await open(t, '127.0.0.1:9601', { id: 'blue' })
  const holder = async (): Promise<string | undefined> => (await store.list(`${prefix}/locks/audit`)).items[0]?.value
  await waitFor(async () => (await holder()) === 'blue', { what: 'blue to be elected' })
  await waitFor(() => aside.at('transfers/'), { what: 'the other to be registered' })
  assert.deepEqual((await aside.store.list(`${aside.prefix}/locks/`)).items, [])
})

test('what fails while pipelines are followed is begun again: no rejection ends the process, and nothing else stops', async (t) => {
  class Failing extends Pipelines {
    failures = 0
    override remove(name: string): void {
      if (this.failures++ < 2) throw new Error('it cannot be removed')
      super.remove(name)
    }
  }
  const pipelines = new Failing()
  const { fleet, store, prefix, metrics, at } = await open(t, '127.0.0.1:9601', {}, pipelines)
  await fleet.known
  await store.delete(`${prefix}/pipelines/shop`)
  await waitFor(() => pipelines.failures > 0, { what: 'the failure', everyMs: 5 })
  await store.put(`${prefix}/pipelines/till`, good)
  await waitFor(() => pipelines.find('till') !== undefined, { what: 'the next pipeline', everyMs: 20 })
  assert.equal(pipelines.find('shop'), undefined)
  await waitFor(() => at(`transfers/${hostname()}`), { what: 'the registration' })
  assert.match(await metrics.text(), /test_duty_failures_total\{duty="pipelines"\} 2/)
})

test('it tells what lines become by the pipelines of etcd, unless requests are switched off', async (t) => {
  const silent = await open(t, '127.0.0.1:9601', { 'etcd.requests': 'false' })
  const { store, prefix } = await open(t, '127.0.0.1:9601', { id: 'blue' })
  const line = { offset: 0, text: '{"n":7}' }
  const about = { host: 'web-1', ip: '10.0.0.1', path: '/a.log', entry: 'a', pipeline: 'shop' }
  const request = { by: 'ada', waitMs: 20_000, sources: [{ ...about, lines: [line] }] }
  const reply = await askTransfer({ store, prefix, transfer: 'blue', request }, t.signal)
  assert.ok(reply?.kind === 'parse', JSON.stringify(reply))
  const [parsed] = reply.sources[0]?.lines ?? []
  assert.ok(parsed?.fate === 'document')
  assert.deepEqual([parsed.document['n'], parsed.isParsed], [7, true])
  await waitFor(() => silent.at('transfers/'), { what: 'the silent one to be registered' })
  const unheard = { ...silent, transfer: hostname(), request: { ...request, waitMs: 500 } }
  assert.equal(await askTransfer(unheard, t.signal), null)
})
