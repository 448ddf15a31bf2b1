import { Backoff, type Clock, describeError } from '@logpipe/runtime'
import type { AgentEvents } from '../events.ts'
import type { BatchSender } from './producer.ts'

/** What delivery tells. */
export type DeliveryEvents = Pick<
  AgentEvents,
  'batchSent' | 'batchAcked' | 'batchTooLarge' | 'timesRefused' | 'topicRefused' | 'topicAccepted'
>

/** What delivery shares among its topics and lanes. */
export interface DeliveryContext {
  readonly sender: BatchSender
  readonly events: DeliveryEvents
  readonly clock: Clock
  /** Aborts when nothing is to be sent any more. */
  readonly signal: AbortSignal
  /** Called when who stood still may go on. */
  readonly wake: () => void
  /** Upper bound of the first and of any wait between two tries. */
  readonly backoff: { baseMs: number; maxMs: number }
}

/** One topic as delivery sees it: how many partitions it has, or why that is not known. */
export class Topic {
  readonly name: string
  readonly #context: DeliveryContext
  #partitions: number | null = null
  #reason: string | null = null
  /** Whether the log has said that something is wrong, and not yet that it is over. */
  #troubled = false
  #asking: Promise<void> | null = null

  constructor(name: string, context: DeliveryContext) {
    this.name = name
    this.#context = context
  }

  /** Null until Kafka has told, and asked from now on. */
  get partitions(): number | null {
    if (this.#partitions === null) void this.ask()
    return this.#partitions
  }

  /** Why it cannot be used, in a sentence; null where it can, or nothing is known yet. */
  get reason(): string | null {
    return this.#reason
  }

  /** Kafka refused something of this topic: said once, until `accepted`. */
  refused(error: unknown): void {
    if (!this.#troubled) this.#context.events.topicRefused(this.name, error)
    this.#troubled = true
  }

  /** Kafka took something of this topic. */
  accepted(): void {
    if (this.#troubled) this.#context.events.topicAccepted(this.name)
    this.#troubled = false
  }

  /** Asks Kafka for the topic (and makes it where it is missing) until it answers. Resolves then, or when all is stopped. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(): Promise<void> {
    const { sender, signal, wake } = this.#context
    const backoff = new Backoff(this.#context.backoff)
    while (!signal.aborted) {
      try {
        const before = this.#reason
        this.#partitions = await sender.partitions(this.name, signal)
        this.#reason = null
        if (before !== null) this.accepted()
        wake()
        return
      } catch (error) {
        if (signal.aborted) return
        this.refused(error)
        this.#reason = describeError(error)
        await backoff.wait(signal).catch(() => {})
      }
    }
  }
}
