import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { CollectEntry } from '@logpipe/config'
import { createMetrics, FakeClock, LogpipeError, silentLogger } from '@logpipe/runtime'
import fc from 'fast-check'
import { AgentEvents } from '../events.ts'
import { lineHeaders } from '../harvest/headers.ts'
import { Watermark } from '../registry/watermark.ts'
import type { LineOwner } from './batch.ts'
import { Delivery, type Route } from './delivery.ts'
import { MemoryKafka } from './memory.ts'

const events = new AgentEvents(silentLogger, createMetrics('test'))
const entry = CollectEntry.parse({ path: '/a.log', topic: 't' })
const forbidden = new LogpipeError('kafka_topic_forbidden', 'This user may not write to the topic.')

/** A file whose lines are appended one after the other. */
class Lines implements LineOwner {
  readonly id: string
  readonly watermark = new Watermark(0)
  read = 0
  readonly #headers: ReturnType<typeof lineHeaders>

  constructor(id: string) {
    this.id = id.padEnd(16, '_')
    this.#headers = lineHeaders(this.id, '/a.log', entry, { host: 'h', ip: '192.0.2.1' }, false)
  }

  acknowledge(start: number, end: number): void {
    this.watermark.complete(start, end)
  }

  /** False where there is no room. */
  append(delivery: Delivery, text: string, route: Route): boolean {
    const lane = delivery.lane(route, Buffer.from(this.id))
    if (lane === null || !lane.hasRoom) return false
    const bytes = Buffer.from(`${text}\n`)
    for (;;) {
      let batch = lane.writable()
      if (batch === null) return false
      const add = (): boolean =>
        batch !== null && batch.encoder.appendLine(bytes, 0, bytes.length - 1, this.#headers, this.read)
      if (!add()) {
        if (batch.encoder.recordCount > 0) {
          lane.seal()
          continue
        }
        batch = lane.enlarge()
        assert.ok(add())
      }
      batch.cover(this, this.read, this.read + bytes.length, bytes, bytes.length)
      this.read += bytes.length
      return true
    }
  }
}

interface Bench {
  kafka: MemoryKafka
  clock: FakeClock
  delivery: Delivery
  wakes: () => number
}

function bench(options: { batchBytes?: number; maxInFlightBytes?: number } = {}): Bench {
  const kafka = new MemoryKafka(1)
  const clock = new FakeClock()
  let wakes = 0
  const delivery = new Delivery({
    sender: kafka,
    events,
    clock,
    batchBytes: 32_768,
    maxInFlightBytes: 262_144,
    lingerMs: 50,
    wake: () => void wakes++,
    backoff: { baseMs: 1, maxMs: 2 },
    ...options,
  })
  return { kafka, clock, delivery, wakes: () => wakes }
}

const to = (topic: string): Route => ({ topic, acks: 'all', compression: 'none', partition: 'source' })

/** The first call asks for the topic; the second finds it. */
async function open(delivery: Delivery, ...topics: string[]): Promise<void> {
  for (const topic of topics) delivery.lane(to(topic), Buffer.from('any'))
  await immediate()
}

async function settle(delivery: Delivery): Promise<void> {
  delivery.flush()
  assert.ok(await delivery.drain(AbortSignal.timeout(5_000)), 'everything is acknowledged')
}

async function texts(kafka: MemoryKafka, topic: string): Promise<string[]> {
  return (await kafka.records(topic)).map(({ value }) => value.toString())
}

test('a batch goes when it is old enough, and not before', async () => {
  const { kafka, clock, delivery } = bench()
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

test('where Kafka does not answer there is no more room than the bound, and who waits is woken', async () => {
  const { kafka, delivery, wakes } = bench({ maxInFlightBytes: 4 * 32_768 })
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

test('topics that nobody answers for cannot use up the room of the others', async () => {
  const { kafka, delivery } = bench({ maxInFlightBytes: 4 * 32_768 })
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

test('a topic that is refused keeps its batches and their order; others go on', async () => {
  const { kafka, delivery } = bench()
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

test('batches that fail in the middle are sent again in order', async () => {
  const { kafka, delivery } = bench()
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

test('a topic that is not there is asked for until it is', async () => {
  const { kafka, delivery } = bench()
  kafka.faults.set('t', new LogpipeError('kafka_topic_missing', 'There is no topic t.'))
  const lines = new Lines('a')
  assert.equal(lines.append(delivery, 'early', to('t')), false)
  await immediate()
  assert.match(delivery.topicReason('t') ?? '', /There is no topic/)
  kafka.faults.clear()
  while (!lines.append(delivery, 'late', to('t'))) await immediate()
  await settle(delivery)
  assert.deepEqual(await texts(kafka, 't'), ['late'])
  assert.equal(delivery.topicReason('t'), null)
})

test('what Kafka finds too large arrives in smaller batches and long lines in pieces, nothing is lost or moved', async () => {
  const text = fc
    .tuple(fc.nat(9_000), fc.constantFrom('a', 'é', '漢', '😀'))
    .map(([length, letter]) => letter.repeat(length / 4))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), text), { minLength: 1, maxLength: 40 }), async (input) => {
      const { kafka, delivery } = bench({ maxInFlightBytes: 2 ** 22 })
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

test('what is in flight behind a batch that is too large arrives behind its parts', async () => {
  const { kafka, delivery } = bench({ maxInFlightBytes: 2 ** 22 })
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

test('a topic that takes not even a short line is refused, not looped over', async () => {
  const { kafka, delivery } = bench()
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

test('after close nothing is acknowledged any more, and draining says so', async () => {
  const { kafka, delivery } = bench()
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
