import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, PartitionSpread, partitionOf } from './partition.ts'

test("the hash is that of Kafka's Java client", () => {
  // From Kafka's own UtilsTest.testMurmur2.
  const known: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [text, hash] of known) assert.equal(murmur2(Buffer.from(text)) | 0, hash, text)
})

test('a key has one partition, and many keys use all', () => {
  const used = new Set<number>()
  for (let i = 0; i < 200; i++) {
    const key = Buffer.from(`source-${i}`)
    const partition = partitionOf(key, 6)
    assert.equal(partitionOf(key, 6), partition)
    used.add(partition)
  }
  assert.deepEqual(used, new Set([0, 1, 2, 3, 4, 5]))
})

test('round robin takes each partition in turn', () => {
  const spread = new PartitionSpread('roundrobin')
  const picked = Array.from({ length: 12 }, () => spread.pick(6))
  for (let i = 1; i < 12; i++) assert.equal(picked[i], ((picked[i - 1] as number) + 1) % 6)
})
