import { setImmediate as immediate } from 'node:timers/promises'
import { CollectEntry, type CollectEntryInput } from '@logpipe/config'
import { createMetrics, FakeClock, silentLogger } from '@logpipe/runtime'
import { Delivery } from '../deliver/delivery.ts'
import { MemoryKafka } from '../deliver/memory.ts'
import { cursorBytes } from '../discover/fingerprint.ts'
import { AgentEvents } from '../events.ts'
import { type Feed, makeFeed } from '../harvest/feed.ts'
import { unlimited } from '../harvest/quota.ts'
import { Source } from '../harvest/source.ts'
import { compilePlan, type PlanEntry } from '../plan/compile.ts'

/** A record as it arrived. */
export interface FedRecord {
  offset: number
  text: string
  headers: Record<string, string>
}

const metrics = createMetrics('feed')
const keeper = { epoch: 0, epochBytes: 1, isFailing: false, touched: (): void => {} }
const file = { path: '/a.log', identity: { dev: 1n, ino: 1n, birthtimeNs: 1n } }

/** A feed on the bytes of one file, read as the test says, with restarts. Whatever is read comes from `content`. */
export class FeedBench {
  readonly kafka = new MemoryKafka(2)
  readonly #entry: PlanEntry
  readonly #batchBytes: number
  #delivery: Delivery
  source: Source
  feed: Feed

  private constructor(entry: PlanEntry, batchBytes: number) {
    this.#entry = entry
    this.#batchBytes = batchBytes
    this.#delivery = this.#deliver()
    this.source = Source.begin(file, { id: entry.spec.id, topic: 't' }, keeper)
    this.feed = this.#feed()
  }

  /** A file that this entry collects. Throws where the entry is refused. */
  static async open(input: Partial<CollectEntryInput> = {}, batchBytes = 32_768): Promise<FeedBench> {
    const spec = CollectEntry.parse({ path: file.path, topic: 't', compression: 'none', ...input })
    const { entries, refused } = compilePlan([spec])
    const [entry] = entries
    if (entry === undefined) throw new Error(refused[0]?.message)
    const bench = new FeedBench(entry, batchBytes)
    await bench.#ready()
    return bench
  }

  /** Reads what is there of the file, as a harvester does, in chunks of `chunkBytes`, until nothing more can be taken. */
  async read(content: Buffer, chunkBytes = 65_536): Promise<void> {
    const { source } = this
    source.grow(content.subarray(0, 1_024))
    let wanted = chunkBytes
    for (let tries = 0; tries < 3;) {
      source.prepare(2 * chunkBytes + this.feed.aheadBytes)
      source.stored(source.checkpoint(0))
      if (!this.feed.hasRoom) {
        await this.#settle()
        tries++
        continue
      }
      const before = Math.min(cursorBytes, source.read)
      const position = source.read - before
      const chunk = Buffer.from(content.subarray(position, source.read + wanted))
      const hasRoom = this.feed.append(chunk, position, before, chunk.length, unlimited)
      const taken = this.feed.end - before
      source.read = position + this.feed.end
      const isWhole = chunk.length === before + wanted
      wanted = isWhole && taken === 0 ? this.feed.maxUnitBytes + cursorBytes : chunkBytes
      if (!hasRoom) await this.#settle()
      else if (!isWhole) return
    }
    throw new Error('The feed goes nowhere.')
  }

  /** What waits is taken as it stands, once everything is acknowledged. `end`: where, if not at the file's. */
  async cut(end: number): Promise<void> {
    await this.#settle()
    this.source.cut = end
  }

  /** The process dies; what was under way arrives, and nobody hears of it unless `isHeard`. Another goes on at what was acknowledged. */
  async crash(size: number, isHeard: boolean): Promise<void> {
    if (isHeard) await this.#settle()
    // Batches that are full are acknowledged by then, the open one is not.
    await immediate()
    const checkpoint = this.source.checkpoint(0)
    this.#delivery.flush()
    await immediate()
    this.#delivery = this.#deliver()
    this.source = Source.resume(checkpoint, size, keeper)
    this.feed = this.#feed()
    await this.#ready()
  }

  /** Everything that arrived at the topic, those of one offset once; throws where they differ. */
  async records(topic = 't'): Promise<FedRecord[]> {
    await this.#settle()
    const byOffset = new Map<number, FedRecord>()
    for (const { value, headers } of await this.kafka.records(topic)) {
      const record = { offset: Number(headers['offset']), text: value.toString(), headers }
      const known = byOffset.get(record.offset)
      if (known !== undefined && known.text !== record.text) {
        throw new Error(`Two records at ${record.offset}: ${known.text.slice(0, 80)} | ${record.text.slice(0, 80)}`)
      }
      byOffset.set(record.offset, record)
    }
    return [...byOffset.values()].sort((a, b) => a.offset - b.offset)
  }

  #deliver(): Delivery {
    return new Delivery({
      sender: this.kafka,
      events: new AgentEvents(silentLogger, metrics),
      clock: new FakeClock(),
      batchBytes: this.#batchBytes,
      maxInFlightBytes: 4 * this.#batchBytes,
      lingerMs: 50,
      wake: () => {},
      backoff: { baseMs: 1, maxMs: 2 },
    })
  }

  #feed(): Feed {
    return makeFeed(this.source, this.#entry, {
      delivery: this.#delivery,
      origin: { host: 'h', ip: '192.0.2.1' },
      batchBytes: this.#batchBytes,
      events: new AgentEvents(silentLogger, metrics),
      deadLetterSuffix: '.dlq',
    })
  }

  async #ready(): Promise<void> {
    for (let tries = 0; tries < 10 && !this.feed.hasRoom; tries++) await immediate()
  }

  async #settle(): Promise<void> {
    this.#delivery.flush()
    // A topic that was asked for just now answers after a turn of the event loop.
    await immediate()
    if (!(await this.#delivery.drain(AbortSignal.timeout(5_000)))) throw new Error('Not everything was acknowledged.')
  }
}
