import type { Compression } from '@logpipe/kafka'
import { Backoff, describeError, isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { Batch, noTime } from './batch.ts'
import type { BatchPool } from './pool.ts'
import type { Acks } from './producer.ts'
import { SizeLimit } from './size-limit.ts'
import { splitBatch, untimedBatch } from './split.ts'
import type { DeliveryContext, Topic } from './topic.ts'

export interface LaneOptions {
  readonly topic: Topic
  readonly acks: Acks
  readonly compression: Compression
  /** The partition of a batch that is sealed now. */
  readonly pick: (partitions: number) => number
  readonly lingerMs: number
}

/** For so long lines get no time once Kafka took some only so; then it is tried anew: the clock may have been set. */
const untimedMs = 60_000

/**
 * The batches of one way to a topic, in order: one open for lines, the others sealed and not yet acknowledged.
 *
 *   queue: [sending][sending][sealed][sealing]   open
 *
 * Where Kafka refuses a batch for good reasons that may pass, everything that is not acknowledged waits and is sent again in
 * order, the first one alone until it is through. Owned by the delivery; lines are appended by one caller at a time.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #context: DeliveryContext
  readonly #pool: BatchPool
  readonly #backoff: Backoff
  readonly #queue: Batch[] = []
  readonly #limit = new SizeLimit()
  #open: Batch | null = null
  /** Aborts what was sent behind a batch that is to be sent in parts. */
  #sends = new AbortController()
  #recovering = false
  #probing = false
  #reason: string | null = null
  /** Monotonic time until which lines get none. */
  #untimedUntil = -Infinity

  constructor(options: LaneOptions, context: DeliveryContext, pool: BatchPool) {
    this.#options = options
    this.#context = context
    this.#pool = pool
    this.#backoff = new Backoff(context.backoff)
    context.signal.addEventListener('abort', () => this.#sends.abort(context.signal.reason), { once: true })
  }

  /** Why Kafka takes nothing from here, in a sentence; null where it does. */
  get reason(): string | null {
    const { topic } = this.#options
    return this.#reason ?? topic.reason ?? (this.isIdle ? null : this.#context.sender.trouble(topic.name))
  }

  /** Whether nothing is open or under way. */
  get isIdle(): boolean {
    return this.#open === null && this.#queue.length === 0
  }

  /** Whether lines can be appended now. A lane that Kafka refuses takes no more than it has. */
  get hasRoom(): boolean {
    return this.#open !== null || (this.#reason === null && this.#pool.admits(this.#queue.length))
  }

  /** The batch that takes lines now; null where there is none. */
  get openBatch(): Batch | null {
    return this.#open
  }

  /** The batch to append to; null where there is no room. Ask before the first line: its time is that of this call. */
  writable(): Batch | null {
    if (this.#open !== null) return this.#open
    if (this.#reason !== null) return null
    const encoder = this.#pool.acquire(this.#queue.length)
    if (encoder === null) return null
    this.#open = this.#begin(encoder)
    return this.#open
  }

  /**
   * Gives the open batch, which must be empty, room for a line that it is too small for. Where none is open: one for what must not wait,
   * whatever is in use.
   */
  enlarge(): Batch {
    if (this.#open !== null) this.#pool.release(this.#open.encoder)
    this.#open = this.#begin(this.#pool.full())
    return this.#open
  }

  /** Sends the open batch as it is. */
  seal(): void {
    const batch = this.#open
    if (batch === null) return
    this.#open = null
    batch.partition = this.#options.pick(this.#options.topic.partitions ?? 1)
    this.#queue.push(batch)
    this.#compress(batch)
  }

  /** Seals the open batch where it has lingered long enough. */
  tick(now: number): void {
    if (this.#open !== null && now - this.#open.openedAt >= this.#options.lingerMs) this.seal()
  }

  /** Monotonic time at which `tick` has something to do; Infinity where it has not. */
  get dueAt(): number {
    return this.#open === null ? Infinity : this.#open.openedAt + this.#options.lingerMs
  }

  #begin(encoder: Batch['encoder']): Batch {
    const { clock } = this.#context
    const now = clock.monotonic()
    encoder.reset(now < this.#untimedUntil ? noTime : clock.now())
    return new Batch(encoder, now, true)
  }

  #compress(batch: Batch): void {
    batch.state = 'sealing'
    batch.encoder.seal(this.#options.compression).then(
      (encoded) => {
        batch.encoded = encoded
        batch.state = 'sealed'
        this.#pump()
      },
      // Compression fails for want of memory only; the lines are still in the encoder.
      (error: unknown) => {
        batch.state = 'sealed'
        this.#recover(error)
      },
    )
  }

  /** Sends what can be sent, from the front. */
  #pump(): void {
    if (this.#recovering || this.#context.signal.aborted) return
    if (this.#probing && this.#queue.some(({ state }) => state === 'sending')) return
    for (const batch of this.#queue) {
      if (batch.state === 'sending') continue
      if (batch.state !== 'sealed') return
      if (batch.encoded === null) return this.#compress(batch)
      if (this.#limit.isExceeded(batch.encoded.bytes.length, this.#context.clock.monotonic())) {
        return this.#split(batch, () => this.#send(batch))
      }
      this.#send(batch)
      if (this.#probing) return
    }
  }

  #send(batch: Batch): void {
    const { topic, acks } = this.#options
    if (batch.encoded === null) return
    batch.state = 'sending'
    this.#context.events.batchSent(topic.name, batch.encoded)
    const partition = batch.partition % (topic.partitions ?? batch.partition + 1)
    this.#context.sender.send({ topic: topic.name, partition, acks }, batch.encoded, this.#sends.signal).then(
      () => this.#acknowledged(batch),
      (error: unknown) => this.#refused(batch, error),
    )
  }

  #acknowledged(batch: Batch): void {
    const { events, wake } = this.#context
    this.#options.topic.accepted()
    if (batch.timed !== null) this.#leaveTimesOut()
    this.#reason = null
    this.#probing = false
    this.#backoff.reset()
    this.#take(batch)
    batch.acknowledge()
    if (batch.encoded !== null) events.batchAcked(this.#options.topic.name, batch.encoded)
    this.#release(batch)
    this.#pump()
    wake()
  }

  #refused(batch: Batch, error: unknown): void {
    batch.state = 'sealed'
    if (this.#context.signal.aborted) return
    // Called back by us: it goes again when those before it have gone.
    if (isLogpipeError(error, 'aborted')) return this.#pump()
    if (batch.timed !== null) return this.#putBack(batch, batch.timed, error)
    if (isLogpipeError(error, 'kafka_time_refused')) return this.#tryUntimed(batch)
    if (!isLogpipeError(error, 'kafka_record_too_large')) return this.#recover(error)
    this.#callBack()
    if (batch.encoded !== null) this.#limit.refused(batch.encoded.bytes.length, this.#context.clock.monotonic())
    this.#context.events.batchTooLarge(this.#options.topic.name, batch.encoder.byteLength)
    this.#split(batch, () => this.#recover(error))
  }

  /**
   * Kafka does not take the time of this batch: mostly since it is more than an hour ahead of the broker's. It is tried without one. Else it
   * would wait for that time to come, also where the clock was set right long ago.
   */
  #tryUntimed(batch: Batch): void {
    this.#callBack()
    batch.state = 'splitting'
    untimedBatch(batch).then(
      (untimed) => {
        this.#take(batch, untimed)
        this.#compress(untimed)
      },
      (fault: unknown) => {
        batch.state = 'sealed'
        this.#recover(fault)
      },
    )
  }

  /** It was not the time, or not alone. */
  #putBack(untimed: Batch, batch: Batch, error: unknown): void {
    batch.state = 'sealed'
    this.#take(untimed, batch)
    this.#recover(error)
  }

  #leaveTimesOut(): void {
    this.#untimedUntil = this.#context.clock.monotonic() + untimedMs
    this.#context.events.timesRefused(this.#options.topic.name)
  }

  /** Puts two smaller batches in the place of this one; `orElse`: where it holds one short line. */
  #split(batch: Batch, orElse: () => void): void {
    batch.state = 'splitting'
    splitBatch(batch).then(
      (halves) => {
        if (halves === null) {
          batch.state = 'sealed'
          orElse()
          return
        }
        this.#take(batch, ...halves)
        this.#release(batch)
        for (const half of halves) this.#compress(half)
      },
      (fault: unknown) => {
        batch.state = 'sealed'
        this.#recover(fault)
      },
    )
  }

  /**
   * Takes back what is under way. None of it can have been written: behind a batch that was refused the sequence numbers leave a gap.
   * The producer would close it by sending what is left; then parts of the refused batch would arrive behind what followed it.
   */
  #callBack(): void {
    this.#sends.abort(new LogpipeError('aborted', 'A batch before this one is sent in parts first.'))
    this.#sends = new AbortController()
  }

  /** Waits, asks for the topic anew, then tries the first batch alone. */
  #recover(error: unknown): void {
    this.#options.topic.refused(error)
    this.#reason = describeError(error)
    if (this.#recovering) return
    this.#recovering = true
    this.#backoff
      .wait(this.#context.signal)
      .then(() => this.#options.topic.ask())
      .then(
        () => {
          this.#recovering = false
          this.#probing = true
          this.#pump()
        },
        // Stopped.
        () => {},
      )
  }

  #release(batch: Batch): void {
    const { pooled, encoder } = batch.timed ?? batch
    if (pooled) this.#pool.release(encoder)
  }

  #take(batch: Batch, ...replacements: Batch[]): void {
    this.#queue.splice(this.#queue.indexOf(batch), 1, ...replacements)
  }
}
