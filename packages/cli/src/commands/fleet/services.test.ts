import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestStore } from '../../test-store.ts'

const started = '2026-11-21T05:00:00.000Z'
const entry = { id: 'own', path: '/var/log/shop/*.log', topic: 'shop' }

async function withAgent(own: TestStore, id: string, ip: string): Promise<void> {
  const registration = { id, host: `host-${id}`, ip, labels: {}, version: '1', pid: 1, address: `${ip}:9600`, started }
  await own.put(`agents/${id}`, registration)
}

test('services shows who registered what, under which lease, and which agent collects it', async (t) => {
  const own = await TestStore.open(t)
  const lease = await own.store.lease(30_000)
  const key = `${own.prefix}/collect/services/shop/web-1:8080`
  const revision = await own.store.put(key, JSON.stringify({ host: '10.0.0.1', entries: [entry] }), { lease: lease.id })
  await own.put('collect/services/shop/far', { host: 'nowhere', entries: [entry, { ...entry, id: 'two' }] })
  await withAgent(own, 'a1', '10.0.0.1')
  const { code, stdout } = await own.logctl(['services'])
  assert.equal(code, 0)
  const hex = BigInt(lease.id).toString(16)
  assert.match(stdout, /^SERVICE +INSTANCE +HOST +LEASE +ENTRIES +AGENT +STATE\n/)
  assert.match(stdout, new RegExp(`^shop +web-1:8080 +10\\.0\\.0\\.1 +${hex} +1 +a1 +PENDING$`, 'm'))
  assert.match(stdout, /^shop +far +nowhere +none +2 +- +no live agent is there$/m)

  const row = { id: 'shop/web-1:8080/own', desired: revision, attempted: revision, applied: revision, error: null }
  await own.put('status/a1', { agent: 'a1', revision, entries: [{ ...row, state: 'APPLIED' }] })
  const json = (await own.logctl(['services', '--host', '10.0.0.1', '--json'])).stdout
  const agents = [{ agent: 'a1', host: 'host-a1', state: 'APPLIED', errors: [] }]
  const instance = { service: 'shop', instance: 'web-1:8080', key, revision, lease: hex, faults: [] }
  assert.deepEqual(JSON.parse(json), { ...instance, host: '10.0.0.1', entries: 1, agents })
  await lease.revoke()
  assert.equal((await own.logctl(['services', '--host', '10.0.0.1'])).stdout, '')
})

test('what cannot be collected of a service is said, and makes the exit code 1', async (t) => {
  const own = await TestStore.open(t)
  await withAgent(own, 'a1', '10.0.0.1')
  await own.put('collect/services/shop/json', 'no \u001b[2J JSON')
  const entries = [entry, { path: 'relative', topic: 'x' }]
  const revision = await own.put('collect/services/shop/half', { host: 'host-a1', entries })
  const row = { id: 'shop/half/own', desired: revision, attempted: revision, applied: null, state: 'FAILED' }
  await own.put('status/a1', { agent: 'a1', revision, entries: [{ ...row, error: 'the topic is forbidden' }] })
  const { code, stdout } = await own.logctl(['services', '--service', 'shop'])
  assert.equal(code, 1)
  assert.match(stdout, /^shop +json +- +none +0 +- +cannot be read$/m)
  assert.match(stdout, /^shop +half +host-a1 +none +1 +a1 +FAILED$/m)
  assert.match(stdout, /^! shop\/json: .*JSON/m)
  assert.match(stdout, /^! shop\/half: entries\[1\]\.path must /m)
  assert.match(stdout, /^! shop\/half\/own: a1: the topic is forbidden$/m)
  assert.ok(!stdout.includes('\u001b'))
  assert.equal((await own.logctl(['services', '--service', 'other'])).code, 0)
})
