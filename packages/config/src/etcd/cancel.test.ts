import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { randomUUID } from 'node:crypto'
import { testEndpoints } from '../test-store.ts'
import { EtcdStore } from './store.ts'

/** An etcd behind a door that counts who comes in. */
async function countedEtcd(t: TestContext): Promise<{ endpoint: string; connections: () => number }> {
  const { hostname, port } = new URL(testEndpoints()[0] ?? '')
  let count = 0
  const server = createServer((socket) => {
    count++
    const upstream = connect(Number(port), hostname)
    for (const end of [socket, upstream]) end.on('error', () => end.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => count,
  }
}

test('leases that are renewed and watches that end leave the one connection alone, and the other watches', async (t) => {
  const { endpoint, connections } = await countedEtcd(t)
  const store = new EtcdStore({ endpoints: [endpoint] })
  t.after(() => store.close())
  const prefix = `/logpipe-test/${randomUUID()}/`
  const { revision } = await store.list(prefix)
  const stop = new AbortController()
  const seen: string[] = []
  const watch = store.watch(prefix, revision + 1, ({ key }) => void seen.push(key), stop.signal)
  const lease = await store.lease(1_000)
  for (let round = 0; round < 3; round++) {
    await store.watch(prefix, revision + 1, () => {}, AbortSignal.timeout(400))
    await store.put(`${prefix}${round}`, 'x', { lease: lease.id })
  }
  await lease.revoke()
  stop.abort()
  await watch
  assert.deepEqual(
    seen.slice(0, 3),
    ['0', '1', '2'].map((name) => prefix + name),
  )
  assert.equal(connections(), 1)
})
