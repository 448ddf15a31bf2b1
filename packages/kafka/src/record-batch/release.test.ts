import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compressionsAlgorithms } from '@platformatic/kafka'
import { type Compression } from '../types.ts'
import { RecordBatchEncoder } from './encoder.ts'
import { FetchedBatch } from './fetched-batch.ts'
import { compressionCodes } from './layout.ts'

async function batchOf(valueBytes: number, compression: Compression): Promise<FetchedBatch> {
  const encoder = new RecordBatchEncoder(valueBytes + 1_000)
  encoder.reset(0)
  assert.ok(encoder.appendRecord({ key: null, value: Buffer.alloc(valueBytes, 'line '), headers: [] }))
  const { bytes } = await encoder.seal(compression)
  return new FetchedBatch(Buffer.from(bytes))
}

async function valueBytesOf(batch: FetchedBatch): Promise<number> {
  const cursor = await batch.open()
  assert.ok(cursor.next())
  const length = cursor.valueEnd - cursor.valueStart
  cursor.release()
  return length
}

for (const compression of compressionCodes) {
  test(`a released cursor has no more records, and its batch opens again: ${compression}`, async () => {
    for (const size of [1, 1_000, 900_000, 3_000_000]) {
      const batch = await batchOf(size, compression)
      const cursor = await batch.open()
      cursor.release()
      assert.equal(cursor.next(), false)
      assert.equal(await valueBytesOf(batch), size)
    }
  })

  test(`a release takes memory of nobody else: ${compression}`, async () => {
    const small = await batchOf(100, compression)
    // What Node.js's pool and the decompressors' memory hold at that time.
    const others = Array.from({ length: 200 }, (_, i) => Buffer.from(`other ${i}`))
    const other = await (await batchOf(100, compression)).open()
    assert.ok(other.next())
    for (let i = 0; i < 50; i++) await valueBytesOf(small)
    assert.deepEqual(
      others.map((buffer) => buffer.toString()),
      others.map((_, i) => `other ${i}`),
    )
    assert.equal(other.buffer.toString('latin1', other.valueStart, other.valueStart + 5), 'line ')
    const packed = compressionsAlgorithms.snappy.compressSync(Buffer.from('still works'))
    assert.equal(compressionsAlgorithms.snappy.decompressSync(packed).toString(), 'still works')
  })
}

for (const compression of ['zstd', 'gzip'] as const) {
  test(`released ${compression} records are gone at once, not when the garbage collector comes by`, async () => {
    for (const size of [1_000, 900_000, 3_000_000]) {
      const cursor = await (await batchOf(size, compression)).open()
      cursor.release()
      assert.equal(cursor.buffer.length, 0)
      assert.equal(cursor.buffer.buffer.byteLength, 0)
    }
  })
}
