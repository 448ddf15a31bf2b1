import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { FetchedBatch } from '@logpipe/kafka'
import { LogpipeError } from '@logpipe/runtime'
import { bench, Lines, open, settle, texts, to } from '../testing/delivery-bench.ts'

/**
 * A Kafka whose clock is not ours: as brokers do since version 4, it takes no record from more than an hour ahead of it. `aheadMs`: how far ours is ahead. `times`: of the
 * batches that it took; `refused` counts the others.
 */
function benchWithClock(
  t: TestContext,
  aheadMs: () => number,
): ReturnType<typeof bench> & { times: number[]; refused: () => number } {
  const made = bench(t, { maxInFlightBytes: 2 ** 22 })
  const { kafka, clock } = made
  const times: number[] = []
  let refused = 0
  const send = kafka.send.bind(kafka)
  kafka.send = async (target, batch, signal) => {
    const cursor = await new FetchedBatch(Buffer.from(batch.bytes)).open()
    cursor.next()
    if (cursor.timestampMs !== -1 && cursor.timestampMs > clock.now() - aheadMs() + 3_600_000) {
      refused++
      throw new LogpipeError('kafka_time_refused', 'Kafka answered INVALID_TIMESTAMP.')
    }
    times.push(cursor.timestampMs)
    await send(target, batch, signal)
  }
  return { ...made, times, refused: () => refused }
}

test("where the clock of the host is far ahead of Kafka's, lines go without a time, in order, and are not refused one by one", async (t) => {
  const { kafka, delivery, times, refused } = benchWithClock(t, () => 8 * 3_600_000)
  await open(delivery, 't')
  const lines = new Lines('a')
  const written = Array.from({ length: 20 }, (_, i) => `line ${i}`)
  for (const text of written) {
    lines.append(delivery, text, to('t'))
    delivery.flush()
    await settle(delivery)
  }
  assert.deepEqual(await texts(kafka, 't'), written)
  assert.equal(lines.watermark.low, lines.read)
  assert.deepEqual(new Set(times), new Set([-1]))
  assert.equal(refused(), 1)
})

test('what was read before the clock was set right goes at once, and later lines have their time again', async (t) => {
  let aheadMs = 8 * 3_600_000
  const { kafka, clock, delivery, times, refused } = benchWithClock(t, () => aheadMs)
  await open(delivery, 't')
  const lines = new Lines('a')
  for (const text of ['one', 'two', 'three']) {
    lines.append(delivery, text, to('t'))
    delivery.flush()
  }
  await settle(delivery)
  aheadMs = 0
  clock.advance(61_000)
  lines.append(delivery, 'four', to('t'))
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['one', 'two', 'three', 'four'])
  assert.deepEqual(times, [-1, -1, -1, clock.now()])
  assert.ok(refused() <= 3)
})

test('what Kafka refuses for another reason than its time is never tried without one', async (t) => {
  const { kafka, clock, delivery } = bench(t)
  await open(delivery, 't')
  const sent: number[] = []
  const send = kafka.send.bind(kafka)
  kafka.send = async (target, batch, signal) => {
    const cursor = await new FetchedBatch(Buffer.from(batch.bytes)).open()
    cursor.next()
    sent.push(cursor.timestampMs)
    if (sent.length < 4) throw new LogpipeError('kafka_rejected', 'Kafka answered INVALID_RECORD.')
    await send(target, batch, signal)
  }
  const began = clock.now()
  new Lines('a').append(delivery, 'one', to('t'))
  await settle(delivery)
  assert.deepEqual(sent, [began, began, began, began])
  assert.deepEqual(await texts(kafka, 't'), ['one'])
})

test('where Kafka refuses lines without a time as well they wait, and keep their time', async (t) => {
  const { kafka, clock, delivery } = bench(t)
  await open(delivery, 't')
  const lines = new Lines('a')
  kafka.faults.set('t', new LogpipeError('kafka_time_refused', 'Kafka answered INVALID_TIMESTAMP.'))
  const began = clock.now()
  lines.append(delivery, 'one', to('t'))
  delivery.flush()
  for (let turns = 0; turns < 20; turns++) await immediate()
  assert.match(delivery.lane(to('t'), Buffer.from(lines.id))?.reason ?? '', /INVALID_TIMESTAMP/)
  kafka.faults.clear()
  const sent: number[] = []
  const send = kafka.send.bind(kafka)
  kafka.send = async (target, batch, signal) => {
    const cursor = await new FetchedBatch(Buffer.from(batch.bytes)).open()
    cursor.next()
    sent.push(cursor.timestampMs)
    await send(target, batch, signal)
  }
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['one'])
  assert.deepEqual(sent, [began])
})
