import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { leaseConformance } from './lease.conformance.ts'
import { storeConformance } from './store.conformance.ts'
import { MemoryStore } from './store-memory.ts'

storeConformance('memory', async () => {
  const store = new MemoryStore()
  return { store, prefix: '/test', compact: async (revision) => store.compact(revision) }
})

leaseConformance('memory', async () => ({ store: new MemoryStore(), prefix: '/test' }))

test('a lease that runs out takes its keys with it, and watchers hear of it', async () => {
  const store = new MemoryStore()
  const { id: lease, lost } = await store.lease(1_000)
  await store.put('/agents/a', '1', { lease })
  await store.put('/agents/b', '1')
  await store.endLease(lease)
  assert.equal(lost.aborted, true)
  assert.deepEqual(
    (await store.list('/')).items.map(({ key }) => key),
    ['/agents/b'],
  )
})

test('a store that is away fails calls and watches, and serves again when it is back', async () => {
  const store = new MemoryStore()
  const watching = store.watch('/', 1, () => {}, new AbortController().signal)
  store.setAvailable(false)
  await assert.rejects(watching, (error) => isLogpipeError(error, 'etcd_unavailable'))
  await assert.rejects(store.list('/'), (error) => isLogpipeError(error, 'etcd_unavailable'))
  store.setAvailable(true)
  assert.deepEqual((await store.list('/')).items, [])
})
