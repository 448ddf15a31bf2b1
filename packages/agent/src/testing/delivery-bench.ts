import assert from 'node:assert/strict'
import { setImmediate as immediate } from 'node:timers/promises'
import { CollectEntry } from '@logpipe/config'
import { createMetrics, FakeClock, silentLogger } from '@logpipe/runtime'
import { closeAfter, type Scope } from '@logpipe/testkit'
import { AgentEvents } from '../events.ts'
import { lineHeaders } from '../harvest/headers.ts'
import { Watermark } from '../registry/watermark.ts'
import type { LineOwner } from '../deliver/batch.ts'
import { Delivery, type Route } from '../deliver/delivery.ts'
import { MemoryKafka } from '../deliver/memory.ts'

const events = new AgentEvents(silentLogger, createMetrics('test'))
const entry = CollectEntry.parse({ path: '/a.log', topic: 't' })
/** A file whose lines are appended one after the other. */
export class Lines implements LineOwner {
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

/** A delivery with Kafka and time in the test's hand. */
export interface Bench {
  kafka: MemoryKafka
  clock: FakeClock
  delivery: Delivery
  wakes: () => number
}

/** Makes one. Its delivery is closed when the test ends, also by a red assertion: what waits to be sent again would keep the file running. */
export function bench(scope: Scope, options: { batchBytes?: number; maxInFlightBytes?: number } = {}): Bench {
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
  closeAfter(scope, async () => delivery.close())
  return { kafka, clock, delivery, wakes: () => wakes }
}

/** The plain way to a topic. */
export const to = (topic: string): Route => ({ topic, acks: 'all', compression: 'none', partition: 'source' })

/** The first call asks for the topic; the second finds it. */
export async function open(delivery: Delivery, ...topics: string[]): Promise<void> {
  for (const topic of topics) delivery.lane(to(topic), Buffer.from('any'))
  await immediate()
}

/** Everything that was appended is acknowledged. */
export async function settle(delivery: Delivery): Promise<void> {
  delivery.flush()
  assert.ok(await delivery.drain(AbortSignal.timeout(5_000)), 'everything is acknowledged')
}

/** The values of a topic's records, in order. */
export async function texts(kafka: MemoryKafka, topic: string): Promise<string[]> {
  return (await kafka.records(topic)).map(({ value }) => value.toString())
}
