import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer } from '@platformatic/kafka'
import { readFetchResponse } from './fetch-request.ts'

/** An answer with these records, one partition each, as one piece of the network. */
function answer(records: readonly Buffer[]): Reader {
  const writer = Writer.create().appendInt32(0).appendInt16(0).appendInt32(0)
  writer.appendArray([records], (w) => {
    w.appendString('web').appendArray([...records.entries()], (w2, [partition, raw]) => {
      w2.appendInt32(partition).appendInt16(0).appendInt64(10n).appendInt64(10n).appendInt64(0n)
      w2.appendArray([], () => undefined).appendInt32(-1)
      w2.appendUnsignedVarInt(raw.length + 1).append(raw)
    })
  })
  return Reader.from(writer.buffer)
}

test("a quiet partition's records do not keep those of others that came with them", async () => {
  const [small, large] = [Buffer.alloc(100, 1), Buffer.alloc(60_000, 2)]
  const { partitions } = await readFetchResponse(0, 1, 12, answer([small, large]))
  assert.deepEqual(
    partitions.map(({ raw }) => raw),
    [small, large],
  )
  assert.equal(partitions[0]?.raw.buffer.byteLength, 100)
})
