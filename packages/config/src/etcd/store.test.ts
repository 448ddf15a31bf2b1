import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Etcd3 } from 'etcd3'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { leaseConformance } from '../lease.conformance.ts'
import { storeConformance } from '../store.conformance.ts'
import { testEndpoints } from '../test-store.ts'
import { EtcdStore } from './store.ts'

function openRaw(t: TestContext): { raw: Etcd3; prefix: string } {
  const raw = new Etcd3({ hosts: testEndpoints() })
  const prefix = `/logpipe-test/${randomUUID()}`
  t.after(async () => {
    await raw.delete().prefix(prefix)
    raw.close()
  })
  return { raw, prefix }
}

storeConformance('etcd', async (t) => {
  const { raw, prefix } = openRaw(t)
  const store = new EtcdStore({ endpoints: testEndpoints() })
  t.after(() => store.close())
  const compact = async (revision: number): Promise<void> => {
    await raw.kv.compact({ revision, physical: true })
  }
  return { store, prefix, compact }
})

leaseConformance('etcd', async (t) => {
  const { prefix } = openRaw(t)
  const store = new EtcdStore({ endpoints: testEndpoints() })
  t.after(() => store.close())
  return { store, prefix }
})

test('an etcd that is not there is told soon, as retriable, with its address', { timeout: 10_000 }, async (t) => {
  const store = new EtcdStore({ endpoints: ['http://127.0.0.1:9'] })
  t.after(() => store.close())
  const calls = [
    () => store.list('/x'),
    () => store.put('/x', '1', { ifRevision: 0 }),
    () => store.delete('/x'),
    () => store.watch('/x', 1, () => {}, new AbortController().signal),
  ]
  for (const call of calls) {
    await assert.rejects(call, (error) => {
      assert.ok(isLogpipeError(error, 'etcd_unavailable') && error.retriable)
      assert.match(error.message, /etcd at http:\/\/127\.0\.0\.1:9 does not answer/)
      return true
    })
  }
})

test('an etcd that accepts and never answers is given up at the deadline', { timeout: 15_000 }, async (t) => {
  const sockets = new Set<Socket>()
  const blackHole = createServer((socket) => sockets.add(socket.on('error', () => {})))
  blackHole.listen(0, '127.0.0.1')
  await once(blackHole, 'listening')
  const { port } = blackHole.address() as AddressInfo
  const store = new EtcdStore({ endpoints: [`http://127.0.0.1:${port}`], requestTimeoutMs: 300 })
  t.after(async () => {
    await store.close()
    for (const socket of sockets) socket.destroy()
    blackHole.close()
  })
  const started = performance.now()
  await assert.rejects(store.list('/x'), (error) => isLogpipeError(error, 'etcd_unavailable'))
  const watch = store.watch('/x', 1, () => {}, new AbortController().signal)
  await assert.rejects(watch, (error) => isLogpipeError(error, 'etcd_unavailable'))
  assert.ok(performance.now() - started < 5_000)
})

test('one member of several that is away is passed by', { timeout: 20_000 }, async (t) => {
  const { prefix } = openRaw(t)
  const store = new EtcdStore({ endpoints: ['http://127.0.0.1:9', ...testEndpoints()] })
  t.after(() => store.close())
  for (let n = 0; n < 20; n++) await store.put(`${prefix}/${n}`, 'x')
  await store.put(`${prefix}/0`, 'y', { ifRevision: await store.put(`${prefix}/0`, 'x') })
  assert.equal((await store.list(prefix)).items.length, 20)
})

test('a watch whose connection breaks rejects, so that the reader lists again', { timeout: 15_000 }, async (t) => {
  const { prefix } = openRaw(t)
  const [host = '', port = ''] = (testEndpoints()[0] ?? '').replace('http://', '').split(':')
  const sockets = new Set<Socket>()
  const proxy = createServer((inner) => {
    const outer = connect(Number(port), host)
    for (const socket of [inner, outer]) sockets.add(socket.on('error', () => {}))
    inner.pipe(outer).pipe(inner)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const store = new EtcdStore({ endpoints: [address] })
  t.after(async () => {
    await store.close()
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const from = await store.put(`${prefix}/a`, '1')
  let broken = false
  const breakOff = (): void => {
    broken = true
    for (const socket of sockets) socket.destroy()
  }
  const watch = store.watch(`${prefix}/`, from, breakOff, new AbortController().signal)
  await assert.rejects(watch, (error) => isLogpipeError(error, 'etcd_unavailable'))
  assert.ok(broken)
  assert.equal((await store.list(prefix)).items.length, 1, 'the store works again over a new connection')
})
