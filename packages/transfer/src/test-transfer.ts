import type { TestContext } from 'node:test'
import type { Pipeline } from '@logpipe/config'
import type { PlainRecord } from '@logpipe/kafka'
import { createMetrics, type Metrics, silentLogger } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { ByteBudget } from './consume/budget.ts'
import { type MemoryPartition, MemorySource } from './consume/memory.ts'
import type { RecordSource } from './consume/source.ts'
import { Burial } from './deliver/burial.ts'
import { Lane } from './deliver/lane.ts'
import { DocumentWriter } from './document/document.ts'
import { parseOrigin } from './document/origin.ts'
import { OriginCache } from './document/origin-cache.ts'
import { Events } from './events.ts'
import { Pipelines } from './pipeline/pipelines.ts'
import { MemoryDeadLetters } from './sink/dead-letter-memory.ts'
import { MemoryLookup } from './sink/lookup-memory.ts'
import { MemorySink } from './sink/memory.ts'
import { SuspectsSink } from './sink/suspects.ts'
import { Transfer } from './transfer.ts'
import { PartitionWorker } from './worker.ts'

const fast = { baseMs: 1, maxMs: 5 }
const defaults = { type: 'logs', namespace: 'default' }

export interface TestTransferOptions {
  /** By which all lines are parsed. */
  pipeline?: Pipeline
  source?: RecordSource
  sink?: MemorySink
  /** A second sink, to which topics go that begin with `other`. */
  otherSink?: MemorySink
  letters?: MemoryDeadLetters
  maxInFlightBytes?: number
  maxBytes?: number
  maxItems?: number
  inFlight?: number
  drainMs?: number
}

/** A whole transfer on the in-memory twins, as `main` would wire it; stopped when the test ends. */
export class TestTransfer {
  readonly source: RecordSource
  readonly sink: MemorySink
  readonly letters: MemoryDeadLetters
  readonly metrics: Metrics = createMetrics('test')
  readonly budgets: { fetched: ByteBudget; documents: ByteBudget }
  readonly done: Promise<void>
  readonly #stop = new AbortController()
  readonly #lanes: Lane[]

  constructor(t: TestContext, options: TestTransferOptions = {}) {
    this.source = options.source ?? new MemorySource()
    this.sink = options.sink ?? new MemorySink()
    this.letters = options.letters ?? new MemoryDeadLetters()
    const events = new Events(silentLogger, this.metrics)
    const half = (options.maxInFlightBytes ?? 1 << 20) / 2
    this.budgets = { fetched: new ByteBudget(half), documents: new ByteBudget(half) }
    const burial = new Burial(this.letters, events, { backoff: fast })
    const limits = { maxBytes: options.maxBytes ?? 65_536, maxItems: options.maxItems ?? 100 }
    const shared = { burial, limits, maxAgeMs: 5, inFlight: options.inFlight ?? 2, events, backoff: fast }
    const sink = new SuspectsSink(this.sink, new MemoryLookup(this.sink), events)
    this.#lanes = [new Lane({ name: 'memory', sink, ...shared })]
    if (options.otherSink !== undefined)
      this.#lanes.push(new Lane({ name: 'other', sink: options.otherSink, ...shared }))
    const { pipeline } = options
    const all = { ...defaults, ...(pipeline === undefined ? {} : { pipeline: 'test' }) }
    const parsing = {
      pipelines: new Pipelines(pipeline === undefined ? {} : { test: pipeline }),
      binary: 'deadLetter' as const,
    }
    const origins = new OriginCache(100, (header, topic) => parseOrigin(header, topic, all))
    const transfer = new Transfer({
      source: this.source,
      makeWorker: (partition) => {
        const { topic } = partition
        const { opening, filler } = this.#lanes[topic.startsWith('other') ? 1 : 0] as Lane
        const parts = { ...this.budgets, opening, filler, events, backoff: fast }
        const writer = new DocumentWriter(topic, partition.partition, origins, all, parsing)
        return new PartitionWorker(partition, writer, parts)
      },
      failed: Promise.race(this.#lanes.map(({ delivery }) => delivery.failed)),
      events,
      commitMs: 2,
      drainMs: options.drainMs ?? 2_000,
    })
    this.done = transfer.run(this.#stop.signal)
    t.after(() => this.stop())
  }

  /** An orderly stop, as by SIGTERM. */
  async stop(): Promise<void> {
    this.#stop.abort()
    try {
      await this.done
    } finally {
      this.crash()
    }
  }

  /** Ends all work where it stands, as kill -9 does: what is not committed by now never is. */
  crash(): void {
    for (const lane of this.#lanes) lane.close()
  }
}

/** Lines of one file: `line 0` at byte 0, `line 1` at byte 10 and so on. */
export function lines(from: number, count: number, id = 'AAAAAAAAAAAAAAAA'): PlainRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    value: Buffer.from(`line ${from + index}`),
    timestampMs: 1_700_000_000_000,
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify({ id, host: 'h', ip: '10.0.0.1', path: '/x', entry: 'e' })) },
      { key: 'offset', value: Buffer.from(String((from + index) * 10)) },
    ],
  }))
}

/** The messages of lines 0 to `count`, sorted. */
export function messagesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index}`).sort()
}

/** All messages that the sink has, sorted. */
export function messages(sink: MemorySink): string[] {
  return [...sink.documents.values()].map(({ source }) => String(source['message'])).sort()
}

/** The offset that is committed. Before anything is accepted it is that of the first record: its reservation had to be stored. */
export function committed(partition: MemoryPartition): number | null {
  return partition.committed?.offset ?? null
}

export async function committedUpTo(partition: MemoryPartition, offset: number): Promise<void> {
  await waitUntil(() => committed(partition) === offset, `the commit of ${offset}`)
}

export async function waitUntil(look: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await waitFor(look, { what, deadlineMs: 5_000, everyMs: 5 })
}
