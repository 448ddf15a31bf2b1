import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { isLogpipeError } from '@logpipe/runtime'
import fc from 'fast-check'
import { bench, Lines, open, settle, texts, to } from '../testing/delivery-bench.ts'

test('what Kafka finds too large arrives in smaller batches and long lines in pieces, nothing is lost or moved', async (t) => {
  const text = fc
    .tuple(fc.nat(9_000), fc.constantFrom('a', 'é', '漢', '😀'))
    .map(([length, letter]) => letter.repeat(length / 4))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), text), { minLength: 1, maxLength: 40 }), async (input) => {
      const { kafka, delivery } = bench(t, { maxInFlightBytes: 2 ** 22 })
      await open(delivery, 't')
      kafka.maxBatchBytes = 4_000
      const files = ['a', 'b', 'c'].map((id) => new Lines(id))
      const content = files.map(() => '')
      for (const [n, line] of input) {
        assert.ok(files[n]?.append(delivery, line, to('t')))
        content[n] += `${line}\n`
      }
      await settle(delivery)
      const records = await kafka.records('t')
      for (const [n, file] of files.entries()) {
        assert.equal(file.watermark.low, file.read)
        const arrived = Buffer.from(
          content[n]?.replace(/[^\n]/gu, (letter) => '\0'.repeat(Buffer.byteLength(letter))) ?? '',
        )
        for (const { value, headers } of records) {
          if (!headers['source']?.includes(file.id)) continue
          assert.ok(value.copy(arrived, Number(headers['offset'])) === value.length)
          assert.ok(!value.toString().includes('\ufffd'), 'no character is cut')
        }
        assert.equal(arrived.toString(), content[n])
      }
    }),
    { numRuns: 50 },
  )
})

test('what is in flight behind a batch that is too large arrives behind its parts', async (t) => {
  const { kafka, delivery } = bench(t, { maxInFlightBytes: 2 ** 22 })
  await open(delivery, 't')
  kafka.maxBatchBytes = 4_000
  kafka.holding = true
  const lines = new Lines('a')
  const written = ['before', `${'x'.repeat(5_000)}.`, 'behind', 'last']
  for (const text of written) {
    lines.append(delivery, text, to('t'))
    delivery.flush()
    await immediate()
  }
  assert.equal(kafka.waitingCount, 4)
  while (!delivery.isIdle) {
    kafka.answerOne(0)
    for (let turns = 0; turns < 5; turns++) await immediate()
  }
  assert.equal((await texts(kafka, 't')).join('|').replaceAll('x|x', 'xx'), written.join('|'))
  assert.equal(lines.watermark.low, lines.read)
})

test('what Kafka found too large is sent in parts without asking, until the limit may have been raised', async (t) => {
  const { kafka, clock, delivery } = bench(t, { maxInFlightBytes: 2 ** 22 })
  await open(delivery, 't')
  kafka.maxBatchBytes = 4_000
  let refused = 0
  const send = kafka.send.bind(kafka)
  kafka.send = (...args) =>
    send(...args).catch((error: unknown) => {
      if (isLogpipeError(error, 'kafka_record_too_large')) refused++
      throw error
    })
  const lines = new Lines('a')
  const write = async (): Promise<number> => {
    const before = refused
    for (let i = 0; i < 40; i++) lines.append(delivery, 'x'.repeat(1_000), to('t'))
    await settle(delivery)
    return refused - before
  }
  assert.ok((await write()) > 0)
  await write()
  assert.equal(await write(), 0)
  clock.advance(600_000)
  kafka.maxBatchBytes = Infinity
  assert.equal(await write(), 0)
  const arrived = await texts(kafka, 't')
  assert.equal(arrived.join('').length, 160_000)
  assert.ok(arrived.length >= 160)
})

test('a topic that takes not even a short line is refused, not looped over', async (t) => {
  const { kafka, delivery } = bench(t)
  await open(delivery, 't')
  kafka.maxBatchBytes = 10
  const lines = new Lines('a')
  lines.append(delivery, 'short', to('t'))
  delivery.flush()
  await immediate()
  await immediate()
  assert.match(delivery.lane(to('t'), Buffer.from(lines.id))?.reason ?? '', /takes batches of up to 10 bytes/)
  kafka.maxBatchBytes = Infinity
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['short'])
})
