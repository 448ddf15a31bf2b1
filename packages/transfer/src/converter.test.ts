import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchedBatch, RecordBatchEncoder } from '@logpipe/kafka'
import { createMetrics, silentLogger } from '@logpipe/runtime'
import { ByteBudget } from './consume/budget.ts'
import { Reservation } from './consume/reservation.ts'
import { Watermark } from './consume/watermark.ts'
import { Converter } from './converter.ts'
import { Filler } from './deliver/filler.ts'
import { Turns } from './deliver/turns.ts'
import { Events } from './events.ts'

const never = new AbortController().signal

async function batchOf(records: number): Promise<FetchedBatch> {
  const encoder = new RecordBatchEncoder(1 << 20)
  encoder.reset(0)
  for (let i = 0; i < records; i++) assert.ok(encoder.appendRecord({ key: null, value: Buffer.from('x'), headers: [] }))
  return new FetchedBatch(Buffer.from((await encoder.seal('none')).bytes))
}

test('a long record batch gives answers and other partitions their turn, and keeps its order', async (t) => {
  const filler = new Filler({
    limits: { maxBytes: 1_000_000, maxItems: 100_000 },
    maxAgeMs: 60_000,
    delivery: { accept: () => Promise.resolve() },
    poolSize: 1,
  })
  t.after(() => filler.close())
  const owner = { topic: 't', partition: 0, isForgotten: false, documentBytes: new ByteBudget(1_000_000).open() }
  const watermark = new Watermark(0)
  const reservation = new Reservation({
    metadata: 'reserved=10000',
    logEnd: () => 0,
    commit: () => Promise.resolve(),
  })
  let turn = 0
  const turns: number[] = []
  const offsets: number[] = []
  const writer = {
    write: (cursor: { offset: number }, bulk: { add: (end: number, offset: number) => void; byteLength: number }) => {
      turns[turn] = (turns[turn] ?? 0) + 1
      offsets.push(cursor.offset)
      bulk.add(bulk.byteLength + 1, cursor.offset)
      return 'own' as const
    },
  }
  const events = new Events(silentLogger, createMetrics('test'))
  const converter = new Converter(owner, 0, watermark, reservation, writer, { opening: new Turns(1), filler, events })
  let isDone = false
  const converted = converter.convert(await batchOf(3_000), never).then(() => (isDone = true))
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve))
    turn++
  }
  await converted
  assert.ok(Math.max(...turns.filter((records) => records > 0)) <= 500)
  assert.deepEqual(
    offsets,
    Array.from({ length: 3_000 }, (_, i) => i),
  )
  assert.equal(filler.current?.count, 3_000)
})
