import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryConformance, sampleCheckpoint } from './conformance.ts'
import { MemoryDisk, MemoryRegistry } from './memory.ts'

registryConformance('in memory', () => {
  const disk = new MemoryDisk()
  return async () => new MemoryRegistry(disk)
})

test('a power cut takes what was not durable', async () => {
  const disk = new MemoryDisk()
  const registry = new MemoryRegistry(disk)
  await registry.save({ put: [sampleCheckpoint({ acked: 1 })], remove: [] }, { durable: true })
  await registry.save({ put: [sampleCheckpoint({ acked: 2 })], remove: [] }, { durable: false })
  disk.losePower()
  assert.deepEqual(
    (await new MemoryRegistry(disk).load()).checkpoints.map(({ acked }) => acked),
    [1],
  )
})
