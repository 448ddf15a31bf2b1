import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { LogpipeError } from '@logpipe/runtime'
import { bench, Lines, open, settle, texts, to } from '../testing/delivery-bench.ts'

const forbidden = new LogpipeError('kafka_topic_forbidden', 'This user may not write to the topic.')

test('a batch goes when it is old enough, and not before', async (t) => {
  const { kafka, clock, delivery } = bench(t)
  await open(delivery, 't')
  const lines = new Lines('a')
  assert.ok(lines.append(delivery, 'one', to('t')))
  clock.advance(49)
  delivery.tick(clock.monotonic())
  await immediate()
  assert.deepEqual(await texts(kafka, 't'), [])
  assert.equal(delivery.dueAt, 50)
  clock.advance(1)
  delivery.tick(clock.monotonic())
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['one'])
  assert.equal(lines.watermark.low, lines.read)
})

test('where Kafka does not answer there is no more room than the bound, and who waits is woken', async (t) => {
  const { kafka, delivery, wakes } = bench(t, { maxInFlightBytes: 4 * 32_768 })
  await open(delivery, 't')
  kafka.holding = true
  const lines = new Lines('a')
  let count = 0
  while (lines.append(delivery, 'x'.repeat(1_000), to('t'))) count++
  assert.ok(delivery.inFlightBytes <= 4 * 32_768)
  assert.ok(count > 20)
  await immediate()
  assert.equal(lines.watermark.low, 0)
  const before = wakes()
  kafka.holding = false
  kafka.answer()
  await immediate()
  assert.ok(wakes() > before)
  assert.ok(lines.append(delivery, 'on it goes', to('t')))
  await settle(delivery)
  assert.equal((await texts(kafka, 't')).length, count + 1)
})

test('topics that nobody answers for cannot use up the room of the others', async (t) => {
  const { kafka, delivery } = bench(t, { maxInFlightBytes: 4 * 32_768 })
  const dead = Array.from({ length: 10 }, (_, i) => `dead${i}`)
  await open(delivery, ...dead, 't')
  kafka.holding = true
  for (const topic of dead) while (new Lines(topic).append(delivery, 'x'.repeat(1_000), to(topic))) continue
  kafka.holding = false
  const lines = new Lines('a')
  for (let i = 0; i < 200; i++) {
    if (lines.append(delivery, `${i} ${'y'.repeat(1_000)}`, to('t'))) continue
    delivery.flush()
    await immediate()
    i--
  }
  delivery.flush()
  await immediate()
  assert.equal(lines.watermark.low, lines.read)
  assert.equal((await texts(kafka, 't')).length, 200)
  assert.ok(delivery.inFlightBytes <= 4 * 32_768 + 11 * 16_384)
  assert.ok(new Lines('long').append(delivery, 'z'.repeat(30_000), to('t')), 'also a line longer than the small room')
})

test('a topic that is refused keeps its batches and their order; others go on', async (t) => {
  const { kafka, delivery } = bench(t)
  await open(delivery, 't', 'u')
  kafka.faults.set('t', forbidden)
  const refused = new Lines('a')
  const fine = new Lines('b')
  for (let i = 0; i < 5; i++) {
    refused.append(delivery, `${i}`, to('t'))
    assert.ok(fine.append(delivery, `${i}`, to('u')))
    delivery.flush()
    await immediate()
  }
  assert.deepEqual(await texts(kafka, 'u'), ['0', '1', '2', '3', '4'])
  assert.equal(refused.watermark.low, 0)
  assert.match(delivery.lane(to('t'), Buffer.from(refused.id))?.reason ?? '', /may not write/)
  const kept = refused.read
  kafka.faults.clear()
  await settle(delivery)
  assert.equal(refused.watermark.low, kept)
  assert.deepEqual(await texts(kafka, 't'), ['0', '1', '2', '3', '4'].slice(0, kept / 2))
  assert.equal(delivery.lane(to('t'), Buffer.from(refused.id))?.reason, null)
})

test('batches that fail in the middle are sent again in order', async (t) => {
  const { kafka, delivery } = bench(t)
  await open(delivery, 't')
  kafka.holding = true
  const lines = new Lines('a')
  for (let i = 0; i < 2; i++) {
    lines.append(delivery, `${i}`, to('t'))
    delivery.flush()
    await immediate()
  }
  kafka.faults.set('t', new LogpipeError('kafka_unavailable', 'No answer.', { retriable: true }))
  kafka.holding = false
  kafka.answer()
  await immediate()
  kafka.faults.clear()
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['0', '1'])
})

test('a topic that is not there is asked for until it is', async (t) => {
  const { kafka, delivery } = bench(t)
  kafka.faults.set('t', new LogpipeError('kafka_topic_missing', 'There is no topic t.'))
  const lines = new Lines('a')
  assert.equal(lines.append(delivery, 'early', to('t')), false)
  await immediate()
  assert.match(delivery.reason(to('t')) ?? '', /There is no topic/)
  kafka.faults.clear()
  while (!lines.append(delivery, 'late', to('t'))) await immediate()
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['late'])
  assert.equal(delivery.reason(to('t')), null)
})

test('after close nothing is acknowledged any more, and draining says so', async (t) => {
  const { kafka, delivery } = bench(t)
  await open(delivery, 't')
  kafka.holding = true
  const lines = new Lines('a')
  lines.append(delivery, 'one', to('t'))
  delivery.flush()
  await immediate()
  const deadline = new AbortController()
  const drained = delivery.drain(deadline.signal)
  deadline.abort()
  assert.equal(await drained, false)
  delivery.close()
  kafka.answer()
  await immediate()
  assert.equal(lines.watermark.low, 0)
})
