import { Backoff, type Clock, sleep } from '@logpipe/runtime'
import { type Collection, freshMs } from './collection.ts'
import type { HostEvents } from './events.ts'
import { type Measured, pointsOf } from './points.ts'
import type { PointSink } from './sink.ts'

export interface PointPublisherOptions {
  agent: Measured
  collection: Collection
  sink: PointSink
  events: HostEvents
  clock: Clock
  everyMs: number
}

const maxBackoffMs = 60_000
/** Points of one batch: well below what brokers take, whatever labels they carry. */
const batchBytes = 500_000

/** Reads the host again and again and writes it down. What cannot be written in time is dropped and counted: the next reading is newer. One owner. */
export class PointPublisher {
  readonly #options: PointPublisherOptions
  readonly #backoff: Backoff

  constructor(options: PointPublisherOptions) {
    this.#options = options
    this.#backoff = new Backoff({ baseMs: 2 * options.everyMs, maxMs: Math.max(maxBackoffMs, options.everyMs) })
  }

  /** Reads and writes until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyMs, clock } = this.#options
    // Agents that start together must not write together.
    let waitMs = everyMs * Math.random()
    for (;;) {
      await sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) return
      const began = clock.monotonic()
      const isWell = await this.turn(signal)
      waitMs = isWell ? Math.max(0, everyMs - (clock.monotonic() - began)) : this.#backoff.next()
    }
  }

  /** Reads the host and writes it down; resolves to whether that worked. Never rejects. */
  async turn(signal: AbortSignal): Promise<boolean> {
    const { agent, collection, sink, events, clock, everyMs } = this.#options
    // Half of it: timers fire early by parts of a millisecond, and what was written must not be written again.
    const snapshot = await collection.read(Math.min(everyMs / 2, freshMs))
    const points = pointsOf(snapshot, agent)
    let written = 0
    try {
      for (const batch of batchesOf(points)) {
        await sink.write(agent.id, batch, snapshot.at, signal)
        written += batch.length
        events.written(batch.length)
      }
    } catch (error) {
      if (!signal.aborted) events.dropped(points.length - written, error, clock.monotonic())
      return false
    }
    this.#backoff.reset()
    return true
  }
}

function batchesOf(points: readonly string[]): string[][] {
  const batches: string[][] = []
  let bytes = batchBytes
  for (const point of points) {
    bytes += Buffer.byteLength(point)
    if (bytes > batchBytes) {
      bytes = Buffer.byteLength(point)
      batches.push([])
    }
    batches.at(-1)?.push(point)
  }
  return batches
}
