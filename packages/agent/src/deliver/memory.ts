import { setImmediate as immediate } from 'node:timers/promises'
import { type EncodedBatch, FetchedBatch } from '@logpipe/kafka'
import { abortedError, isLogpipeError, LogpipeError } from '@logpipe/runtime'
import type { BatchSender, Target } from './producer.ts'

/** A record as a consumer would see it. */
export interface StoredRecord {
  partition: number
  key: string | null
  value: Buffer
  headers: Record<string, string>
}

interface Waiting {
  readonly target: Target
  /** Appends the batch and says so. */
  deliver(): void
  refuse(error: unknown): void
  /** Its sender will never hear of it. */
  drop(): void
  /** Its sender waits for no answer any more. */
  isAborted(): boolean
}

/** In-memory twin of Kafka, for tests: answers at once, or when the test says so, or with the error that the test sets. */
export class MemoryKafka implements BatchSender {
  readonly #topics = new Map<string, { partition: number; bytes: Buffer }[]>()
  readonly #waiting: Waiting[] = []
  readonly partitionCount: number
  /** While true, batches wait for `answer`. */
  holding = false
  /** Largest batch that is taken. */
  maxBatchBytes = Infinity
  /** What a topic answers instead of taking batches. */
  readonly faults = new Map<string, LogpipeError>()

  constructor(partitionCount = 3) {
    this.partitionCount = partitionCount
  }

  trouble(): string | null {
    return null
  }

  async partitions(topic: string, signal: AbortSignal): Promise<number> {
    // As from a network: not before the event loop has turned.
    await immediate()
    if (signal.aborted) throw abortedError(signal)
    const fault = this.faults.get(topic)
    if (fault !== undefined) throw fault
    return this.partitionCount
  }

  async send(target: Target, batch: EncodedBatch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedError(signal)
    if (!this.holding) return this.#append(target, batch)
    return new Promise((resolve, reject) => {
      const drop = (): void => reject(abortedError(signal))
      const refuse = (error: unknown): void => {
        signal.removeEventListener('abort', drop)
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      signal.addEventListener('abort', drop, { once: true })
      const deliver = (): void => {
        this.#append(target, batch)
        signal.removeEventListener('abort', drop)
        resolve()
      }
      this.#waiting.push({ target, drop, refuse, deliver, isAborted: () => signal.aborted })
    })
  }

  /** Batches that wait for an answer. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  /** Takes all waiting batches, or those of one topic. */
  answer(topic?: string): void {
    const next = (): Waiting | undefined =>
      this.#waiting.find(({ target }) => topic === undefined || target.topic === topic)
    for (let first = next(); first !== undefined; first = next()) {
      if (this.#answer(first)) continue
      // Who hears that a batch was refused has a turn before those behind it are taken, as with a network.
      void immediate().then(() => this.answer(topic))
      return
    }
  }

  /** Takes one waiting batch: the oldest of some way to a partition. */
  answerOne(pick: number): void {
    const way = ({ topic, partition, acks }: Target): string => `${topic}/${partition}/${acks}`
    const oldest = new Map(this.#waiting.toReversed().map((waiting) => [way(waiting.target), waiting]))
    const waiting = [...oldest.values()][pick % Math.max(1, oldest.size)]
    if (waiting !== undefined) this.#answer(waiting)
  }

  /**
   * As the real producer does it: where a topic is refused, all that waits is; where a batch alone is, those behind it are taken later,
   * unless their sender has given them up by then. False in that case.
   */
  #answer(first: Waiting): boolean {
    const { topic, partition } = first.target
    try {
      if (!first.isAborted()) first.deliver()
      this.#forget(first)
      return true
    } catch (error) {
      const isBehind = ({ target }: Waiting): boolean => target.topic === topic && target.partition === partition
      const isAlone = isLogpipeError(error, 'kafka_record_too_large')
      for (const waiting of isAlone ? [first] : this.#waiting.filter(isBehind)) {
        this.#forget(waiting)
        waiting.refuse(error)
      }
      return !isAlone
    }
  }

  #forget(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
  }

  /** Appends all waiting batches and never says so: the connection broke, or the sender died. */
  loseAnswers(): void {
    for (const waiting of this.#waiting.splice(0)) {
      waiting.drop()
      try {
        waiting.deliver()
      } catch {
        // Refused, and nobody hears that either.
      }
    }
  }

  /** Forgets all waiting batches, as if they had never come. */
  loseRequests(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.drop()
  }

  /** All records of the topic: those of one partition in their order. */
  async records(topic: string): Promise<StoredRecord[]> {
    const records: StoredRecord[] = []
    for (const { partition, bytes } of this.#topics.get(topic) ?? []) {
      const cursor = await new FetchedBatch(bytes).open()
      while (cursor.next()) {
        const headers = cursor.headers().map(({ key, value }) => [key, value?.toString() ?? ''])
        records.push({
          partition,
          key: cursor.keyStart < 0 ? null : cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd),
          value: Buffer.from(cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd)),
          headers: Object.fromEntries(headers) as Record<string, string>,
        })
      }
    }
    return records
  }

  #append({ topic, partition }: Target, { bytes }: EncodedBatch): void {
    const fault = this.faults.get(topic)
    if (fault !== undefined) throw fault
    if (bytes.length > this.maxBatchBytes) {
      throw new LogpipeError(
        'kafka_record_too_large',
        `Topic ${topic} takes batches of up to ${this.maxBatchBytes} bytes.`,
      )
    }
    const batches = this.#topics.get(topic) ?? []
    batches.push({ partition, bytes: Buffer.from(bytes) })
    this.#topics.set(topic, batches)
  }
}
