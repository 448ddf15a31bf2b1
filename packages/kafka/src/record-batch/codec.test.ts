import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka'
import fc from 'fast-check'
import { isLogpipeError } from '@logpipe/runtime'
import type { Compression, PlainRecord } from '../types.ts'
import { RecordBatchEncoder } from './encoder.ts'
import { splitBatches } from './fetched-batch.ts'
import { HeaderBlock } from './header-block.ts'
import { at, batchCrc, compressionCodes } from './layout.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const header = fc.record({ key: fc.string({ maxLength: 20 }), value: fc.option(bytes) })
const timestampMs = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 4_102_444_800_000 }))
const record: fc.Arbitrary<PlainRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 4 }),
  timestampMs,
})
const compression = fc.constantFrom<Compression>(...compressionCodes)
const records = fc.array(record, { minLength: 1, maxLength: 20 })

interface Plain {
  offset: number
  key: string | null
  value: string | null
  headers: [string, string | null][]
  timestampMs: number
}

function plain(record: PlainRecord, offset: number): Plain {
  return {
    offset,
    key: record.key ? Buffer.from(record.key).toString('hex') : null,
    value: record.value ? Buffer.from(record.value).toString('hex') : null,
    headers: (record.headers ?? []).map(({ key, value }) => [key, value && Buffer.from(value).toString('hex')]),
    timestampMs: record.timestampMs ?? 0,
  }
}

async function decode(raw: Buffer): Promise<Plain[]> {
  const decoded: Plain[] = []
  for (const batch of splitBatches(raw)) {
    const cursor = await batch.open()
    const part = (start: number, end: number): string | null =>
      start < 0 ? null : cursor.buffer.toString('hex', start, end)
    while (cursor.next()) {
      decoded.push({
        offset: cursor.offset,
        key: part(cursor.keyStart, cursor.keyEnd),
        value: part(cursor.valueStart, cursor.valueEnd),
        headers: cursor.headers().map(({ key, value }) => [key, value?.toString('hex') ?? null]),
        timestampMs: cursor.timestampMs,
      })
    }
  }
  return decoded
}

test("what we encode, the library's reader reads, with every compression", async () => {
  await fc.assert(
    fc.asyncProperty(records, compression, async (input, compression) => {
      const encoder = new RecordBatchEncoder(1 << 20)
      encoder.reset(1_700_000_000_000)
      for (const record of input) assert.ok(encoder.appendRecord(record))
      const { bytes: encoded, recordCount } = await encoder.seal(compression)
      const [batch] = readRecordsBatches(Reader.from(encoded))
      assert.ok(batch)
      assert.equal(recordCount, input.length)
      assert.deepEqual(
        batch.records.map((r) => ({
          offset: Number(batch.firstOffset) + r.offsetDelta,
          key: r.key?.toString('hex') ?? null,
          value: r.value?.toString('hex') ?? null,
          headers: r.headers.map(([key, value]) => [key?.toString() ?? null, value?.toString('hex') ?? null]),
          timestampMs: Number(batch.firstTimestamp + r.timestampDelta),
        })),
        input.map(plain),
      )
      assert.equal(Number(batch.maxTimestamp), Math.max(1_700_000_000_000, ...input.map((r) => r.timestampMs ?? 0)))
    }),
    { numRuns: 150 },
  )
})

test('what the library encodes, we read, with every compression', async () => {
  await fc.assert(
    fc.asyncProperty(records, compression, async (drawn, compression) => {
      // The library's writer encodes time spans over 2³¹ ms wrongly (its reader does not), so all lie within 24 days here.
      const input = drawn.map((r) => ({ ...r, timestampMs: 1 + ((r.timestampMs ?? 0) % 2_000_000_000) }))
      const raw = createRecordsBatch(
        input.map((r) => ({
          topic: 't',
          ...(r.key ? { key: Buffer.from(r.key) } : {}),
          value: Buffer.from(r.value ?? []),
          headers: new Map((r.headers ?? []).map((h, i) => [Buffer.from(`${i}${h.key}`), Buffer.from(h.value ?? [])])),
          timestamp: BigInt(r.timestampMs ?? 0),
        })),
        { compression },
      ).buffer
      const expected = input.map((r, offset) =>
        plain(
          {
            ...r,
            value: r.value ?? Buffer.alloc(0),
            headers: r.headers?.map((h, i) => ({ key: `${i}${h.key}`, value: h.value ?? Buffer.alloc(0) })) ?? [],
          },
          offset,
        ),
      )
      assert.deepEqual(
        await decode(raw),
        expected.map((e) => ({ ...e, value: e.value ?? '' })),
      )
    }),
    { numRuns: 150 },
  )
})

test('appended lines carry their bytes, their file headers and their offset in decimal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(bytes, fc.maxSafeNat(), fc.option(bytes)), { minLength: 1, maxLength: 30 }),
      compression,
      async (lines, compression) => {
        const source = Buffer.from('{"id":"AAAAAAAAAAAAAAAA","path":"/var/log/a.log"}')
        const block = new HeaderBlock([{ key: 'source', value: source }], 'offset')
        const encoder = new RecordBatchEncoder(1 << 16)
        encoder.reset(1_700_000_000_123)
        for (const [line, offset, key] of lines) {
          const chunk = Buffer.concat([Buffer.from('before'), line, Buffer.from('after')])
          assert.ok(encoder.appendLine(chunk, 6, 6 + line.length, block, offset, key))
        }
        const { bytes: encoded } = await encoder.seal(compression)
        assert.deepEqual(
          await decode(encoded),
          lines.map(([line, offset, key], index) => ({
            offset: index,
            key: key ? key.toString('hex') : null,
            value: line.toString('hex'),
            headers: [
              ['source', source.toString('hex')],
              ['offset', Buffer.from(String(offset)).toString('hex')],
            ],
            timestampMs: 1_700_000_000_123,
          })),
        )
      },
    ),
  )
})

test('a record that does not fit is refused and leaves the batch as it was', async () => {
  const block = new HeaderBlock([{ key: 'source', value: Buffer.from('s') }], 'offset')
  const encoder = new RecordBatchEncoder(300)
  encoder.reset(1)
  assert.equal(encoder.appendLine(Buffer.from('first'), 0, 5, block, 0), true)
  const before = encoder.byteLength
  assert.equal(encoder.appendLine(Buffer.alloc(250), 0, 250, block, 5), false)
  assert.equal(encoder.appendRecord({ value: Buffer.alloc(250) }), false)
  assert.equal(encoder.byteLength, before)
  assert.equal(encoder.recordCount, 1)
  assert.equal((await decode((await encoder.seal('none')).bytes)).length, 1)
})

test('a header is found by its name, whatever stands around it', async () => {
  const encoder = new RecordBatchEncoder(1000)
  encoder.reset(1)
  encoder.appendRecord({
    value: Buffer.from('v'),
    headers: [
      { key: 'off', value: Buffer.from('no') },
      { key: 'offset', value: Buffer.from('12') },
      { key: 'offsets', value: Buffer.from('no') },
    ],
  })
  const [batch] = splitBatches((await encoder.seal('none')).bytes)
  const cursor = await batch!.open()
  assert.ok(cursor.next())
  assert.equal(cursor.findHeader(Buffer.from('offset')), true)
  assert.equal(cursor.buffer.toString('utf8', cursor.headerValueStart, cursor.headerValueEnd), '12')
  assert.equal(cursor.findHeader(Buffer.from('missing')), false)
  assert.equal(cursor.next(), false)
})

test('broken bytes end in an error that says so, never in an endless loop or a wrong record', async () => {
  const encoder = new RecordBatchEncoder(4000)
  encoder.reset(1_700_000_000_000)
  for (let i = 0; i < 5; i++)
    encoder.appendRecord({ value: Buffer.from(`line ${i}`), headers: [{ key: 'k', value: Buffer.from('v') }] })
  const { bytes: whole } = await encoder.seal('none')
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const broken = Buffer.from(whole)
      broken[at] = (broken[at] as number) ^ flip
      // Base offset, batch length and leader epoch stand before the checksum's range: the broker sets them.
      if (at < 16) return
      await assert.rejects(decode(broken), { code: 'kafka_corrupt' })
    }),
    { numRuns: 300 },
  )
})

test('a batch whose checksum is right and whose contents are anything is read within its bounds, or is an error that says so', async () => {
  const changes = fc.array(fc.tuple(fc.nat(999_999), fc.nat(255)), {
    minLength: 1,
    maxLength: 2,
  })
  let read = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(records, compression, changes, async (list, packedBy, places) => {
      const encoder = new RecordBatchEncoder(1 << 20)
      encoder.reset(1_700_000_000_000)
      for (const one of list) assert.ok(encoder.appendRecord(one))
      const broken = Buffer.from((await encoder.seal(packedBy)).bytes)
      const length = broken.length - at.records
      for (const [where, byte] of places) broken[at.records + Math.floor((where / 1_000_000) * length)] = byte
      broken.writeUInt32BE(batchCrc(broken), at.crc)
      const [batch] = splitBatches(broken)
      try {
        const cursor = await batch!.open()
        const name = Buffer.from('offset')
        let count = 0
        while (cursor.next()) {
          count++
          cursor.findHeader(name)
          cursor.headers()
          const { keyStart, keyEnd, valueStart, valueEnd, buffer } = cursor
          for (const [start, end] of [
            [keyStart, keyEnd],
            [valueStart, valueEnd],
          ] as const) {
            assert.ok((start === -1 && end === -1) || (start >= 0 && start <= end && end <= buffer.length))
          }
        }
        assert.equal(count, list.length)
        read++
      } catch (error) {
        if (!isLogpipeError(error, 'kafka_corrupt')) throw error
        refused++
      }
    }),
    { numRuns: 1_000 },
  )
  assert.ok(read > 50 && refused > 50, `${read} read, ${refused} refused`)
})

test('any bytes in the place of batches are batches, an error that says so, or left for the next fetch', async () => {
  const encoder = new RecordBatchEncoder(4_000)
  encoder.reset(1_700_000_000_000)
  for (let i = 0; i < 5; i++) encoder.appendRecord({ value: Buffer.from(`line ${i}`) })
  const whole = Buffer.from((await encoder.seal('none')).bytes)
  const flipped = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([place, byte]) => {
    const copy = Buffer.concat([whole, whole])
    copy[place] = byte
    return copy
  })
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        flipped,
        fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
      ),
      async (raw) => {
        await decode(raw).catch((error: unknown) => {
          if (!isLogpipeError(error, 'kafka_corrupt')) throw error
        })
      },
    ),
    { numRuns: 1_000 },
  )
})

test('a batch that the broker cut off at its size limit is left for the next fetch', async () => {
  const encoder = new RecordBatchEncoder(4000)
  encoder.reset(1)
  encoder.appendRecord({ value: Buffer.from('whole') })
  const { bytes: whole } = await encoder.seal('none')
  for (let cut = 0; cut < whole.length; cut++) {
    assert.equal(splitBatches(Buffer.concat([whole, whole.subarray(0, cut)])).length, 1)
  }
})
