import type { Compression } from '@logpipe/kafka'
import { type Clock, LogpipeError } from '@logpipe/runtime'
import { Lane } from './lane.ts'
import { chosenPartition, type PartitionMode, PartitionSpread } from './partition.ts'
import { BatchPool } from './pool.ts'
import type { Acks, BatchSender } from './producer.ts'
import { type DeliveryContext, type DeliveryEvents, Topic } from './topic.ts'

export interface DeliveryOptions {
  sender: BatchSender
  events: DeliveryEvents
  clock: Clock
  batchBytes: number
  maxInFlightBytes: number
  lingerMs: number
  /** Called when who stood still may go on. */
  wake: () => void
  /** Called when nothing is under way any more and the memory that was needed for it is nobody's. */
  burstOver?: () => void
  backoff?: { baseMs: number; maxMs: number }
}

/** How the lines of an entry travel. */
export interface Route {
  readonly topic: string
  readonly acks: Acks
  readonly compression: Compression
  readonly partition: PartitionMode
}

/** Whether lines of one source go by the same lane, whichever of both routes they take. */
export function isSameLane(a: Route, b: Route): boolean {
  const way = ({ topic, acks, compression, partition }: Route): string =>
    JSON.stringify([topic, acks, compression, partition])
  return way(a) === way(b)
}

/**
 * Whether lines of one source go to the same topic by another lane now: lanes keep no order among one another. Another topic is no matter of order, and
 * the one before may never take what it has.
 */
export function isOtherLane(before: Route, after: Route): boolean {
  return before.topic === after.topic && !isSameLane(before, after)
}

/** All lanes to Kafka. One owner. */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #context: DeliveryContext
  readonly #stop = new AbortController()
  readonly #pool: BatchPool
  readonly #topics = new Map<string, Topic>()
  readonly #lanes = new Map<string, Lane>()
  #drained: (() => void) | null = null

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#pool = new BatchPool(options)
    this.#context = {
      sender: options.sender,
      events: options.events,
      clock: options.clock,
      signal: this.#stop.signal,
      backoff: options.backoff ?? { baseMs: 100, maxMs: 10_000 },
      wake: () => {
        if (this.isIdle) this.#drained?.()
        options.wake()
      },
    }
  }

  /** The lane for lines of this route and key; null until Kafka has told how many partitions the topic has, and where it has too few. */
  lane(route: Route, key: Buffer): Lane | null {
    const topic = this.#topic(route.topic)
    if (topic.partitions === null) return null
    const { acks, compression } = route
    const way = `${route.topic}\n${acks}\n${compression}\n`
    const partition = chosenPartition(route.partition, key, topic.partitions)
    if (partition !== null) {
      if (partition >= topic.partitions) return null
      return this.#lane(`${way}${partition}`, { topic, acks, compression, pick: () => partition })
    }
    const spread = new PartitionSpread(route.partition === 'random' ? 'random' : 'roundrobin')
    return this.#lane(`${way}${String(route.partition)}`, {
      topic,
      acks,
      compression,
      pick: (count) => spread.pick(count),
    })
  }

  /** Why lines of this route cannot go, in a sentence; null where nothing speaks against it. */
  reason({ topic, partition }: Pick<Route, 'topic' | 'partition'>): string | null {
    const known = this.#topics.get(topic)
    if (known === undefined) return null
    if (known.reason !== null || typeof partition !== 'object' || !('number' in partition)) return known.reason
    const count = known.partitions
    if (count === null || partition.number < count) return null
    return `Topic ${topic} has ${count} partitions, and the entry asks for number ${partition.number}; they count from 0. Change the entry, or add partitions and restart the agent.`
  }

  /** Bytes of the buffers that are in use. */
  get inFlightBytes(): number {
    return this.#pool.usedBytes
  }

  get isIdle(): boolean {
    for (const lane of this.#lanes.values()) if (!lane.isIdle) return false
    return true
  }

  /** Seals batches that have lingered long enough, and gives back memory that is not needed any more. */
  tick(now: number): void {
    if (this.#pool.trim(now)) this.#options.burstOver?.()
    for (const lane of this.#lanes.values()) lane.tick(now)
  }

  /** Monotonic time at which `tick` has something to do next. */
  get dueAt(): number {
    let due = Infinity
    for (const lane of this.#lanes.values()) due = Math.min(due, lane.dueAt)
    return due
  }

  /** Seals every batch, however new. */
  flush(): void {
    for (const lane of this.#lanes.values()) lane.seal()
  }

  /** Resolves when everything that was appended is acknowledged, or `signal` aborts; with whether it is. Call `flush` before. */
  async drain(signal: AbortSignal): Promise<boolean> {
    if (this.isIdle || signal.aborted) return this.isIdle
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#drained = resolve
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    this.#drained = null
    return this.isIdle
  }

  /** Gives up what is not acknowledged; nothing is sent or retried from now on. */
  close(): void {
    this.#stop.abort(new LogpipeError('aborted', 'Delivery was stopped.'))
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = new Topic(name, this.#context)
      this.#topics.set(name, topic)
    }
    return topic
  }

  #lane(key: string, options: Omit<ConstructorParameters<typeof Lane>[0], 'lingerMs'>): Lane {
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = new Lane({ ...options, lingerMs: this.#options.lingerMs }, this.#context, this.#pool)
      this.#lanes.set(key, lane)
    }
    return lane
  }
}
