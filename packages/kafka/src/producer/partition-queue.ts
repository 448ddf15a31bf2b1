import { Backoff, type LogpipeError, abortedError } from '@logpipe/runtime'
import { fromProtocol, lostSequenceNames, protocolErrorName } from '../errors.ts'
import { stamp } from '../record-batch/layout.ts'
import type { EncodedBatch, ProduceResult } from '../types.ts'

/** Sequences are 31 bits and go on from 0 behind the last. */
const sequenceModulus = 2 ** 31

/** A broker forgets a producer that is silent for a day (`producer.id.expiration.ms`); long before, ours proves itself anew. */
const provenForMs = 3_600_000

/** A topic that Kafka does not know may be one that is just being made; after this long it is missing. */
const missingTopicMs = 30_000

export interface ProducerIdentity {
  producerId: bigint
  producerEpoch: number
}

/** A batch on its way. `waiting` → `inFlight` → (acknowledged: gone | failed → `waiting` again, or rejected: gone). */
export interface PendingBatch {
  readonly batch: EncodedBatch
  readonly resolve: (result: ProduceResult) => void
  readonly reject: (error: LogpipeError) => void
  state: 'waiting' | 'inFlight' | 'failed'
  failure: LogpipeError | null
  failureName: string | null
  attempts: number
  /** Under which it was stamped last. */
  identity: ProducerIdentity | null
}

/**
 * The batches of one partition, in the order in which they were given, with a producer id and a sequence of their own
 * (docs/adr/0003). Keeps order and exactly-once over retries:
 *
 *   head                                          tail
 *   [inFlight][inFlight][failed][inFlight][waiting][waiting]
 *
 * A broker that knows nothing of a producer takes any first sequence. So the first batch of an identity goes alone: were a
 * later one appended before it, their order would be lost.
 *
 * After a failure nothing more is sent until all that is in flight has been answered; then everything unacknowledged is
 * sent again in order, with the same sequences, so that the broker recognises what it has already.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  identity: ProducerIdentity | null = null
  readonly backoff = new Backoff({ baseMs: 20, maxMs: 5_000 })
  /** Set while an answer is awaited that must come before the next send: leader, producer id, back-off. */
  blocked = false
  readonly #pending: PendingBatch[] = []
  #nextSequence = 0
  /** Batches from the head on that have a sequence under the present identity. */
  #stamped = 0
  #inFlight = 0
  #failed = false
  #missingSince: number | null = null
  /** When the broker last acknowledged something under the present identity; null: never. */
  #provenAt: number | null = null
  #troubleSince: number | null = null
  #trouble: LogpipeError | null = null

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0
  }

  /** Whether a failure waits for `recover`: something failed and nothing is in flight any more. */
  get needsRecovery(): boolean {
    return this.#failed && this.#inFlight === 0
  }

  get hasSendable(): boolean {
    if (this.blocked || this.#failed || this.#firstWaiting() === undefined) return false
    return this.#inFlight === 0 || this.#isProven
  }

  get #isProven(): boolean {
    return this.#provenAt !== null && performance.now() - this.#provenAt < provenForMs
  }

  /** The last failure, where nothing has been acknowledged for `ms` since the first of them; null otherwise. */
  troubleFor(ms: number, now: number): LogpipeError | null {
    return this.#troubleSince !== null && now - this.#troubleSince >= ms ? this.#trouble : null
  }

  /** Notes why it cannot send; forgotten with the next acknowledgement. */
  troubled(error: LogpipeError, now: number): void {
    this.#troubleSince ??= now
    this.#trouble = error
  }

  /** Appends a batch; settles when it was acknowledged or finally refused. An abort takes it out whatever its state. */
  add(batch: EncodedBatch, signal: AbortSignal | undefined): Promise<ProduceResult> {
    if (signal?.aborted) return Promise.reject(abortedError(signal))
    const { promise, resolve, reject } = Promise.withResolvers<ProduceResult>()
    const pending: PendingBatch = {
      batch,
      resolve,
      reject,
      state: 'waiting',
      failure: null,
      failureName: null,
      attempts: 0,
      identity: null,
    }
    this.#pending.push(pending)
    if (signal === undefined) return promise
    const onAbort = (): void => {
      if (this.#remove(pending)) reject(abortedError(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  /** Takes the next batch to send and stamps it with its sequence. `idempotent` false: no identity, no sequence. */
  take(idempotent: boolean): PendingBatch | undefined {
    const pending = this.#firstWaiting()
    if (pending === undefined) return undefined
    const index = this.#pending.indexOf(pending)
    if (idempotent && index >= this.#stamped) {
      const identity = this.identity as ProducerIdentity
      pending.identity = identity
      stamp(pending.batch.bytes, identity.producerId, identity.producerEpoch, this.#nextSequence)
      this.#nextSequence = (this.#nextSequence + pending.batch.recordCount) % sequenceModulus
      this.#stamped = index + 1
    }
    pending.state = 'inFlight'
    pending.attempts++
    this.#inFlight++
    return pending
  }

  acknowledge(pending: PendingBatch, baseOffset: number): void {
    this.#inFlight--
    this.#missingSince = null
    this.#troubleSince = null
    if (pending.identity === this.identity) this.#provenAt = performance.now()
    this.backoff.reset()
    // An abort may have taken the batch out while it was in flight: then nobody waits for it.
    if (this.#take(pending)) pending.resolve({ baseOffset })
  }

  /** Notes a failure; what becomes of it is decided by `recover` once nothing is in flight. */
  fail(pending: PendingBatch, failure: LogpipeError, name: string | null): void {
    this.#inFlight--
    pending.state = 'failed'
    pending.failure = failure
    pending.failureName = name
    this.#failed = true
  }

  /**
   * Decides what becomes of the failed batches: rejects those that Kafka will never take, makes the others ready to be
   * sent again. The caller waits and asks for the leader anew before it sends.
   */
  recover(now: number): void {
    const [head] = this.#pending
    const failed = this.#pending.filter(({ state }) => state === 'failed')
    this.#failed = false
    let rejected = false
    for (const pending of failed) {
      const error = this.#verdict(pending, now)
      if (error === null) continue
      this.#take(pending)
      pending.reject(error)
      rejected = true
    }
    // Its predecessors are all acknowledged, yet the broker finds a gap: it has lost our sequence, or we refused a batch.
    const lost = head !== undefined && head.state === 'failed' && lostSequenceNames.has(head.failureName ?? '')
    if (rejected || lost) this.#renewIdentity()
    for (const pending of this.#pending) pending.state = 'waiting'
  }

  /** The error that ends this batch's life, or null where it is sent again. */
  #verdict(pending: PendingBatch, now: number): LogpipeError | null {
    const { failure, failureName } = pending
    if (failure === null || lostSequenceNames.has(failureName ?? '')) return null
    if (failureName === 'UNKNOWN_TOPIC_OR_PARTITION') {
      this.#missingSince ??= now
      return now - this.#missingSince > missingTopicMs ? failure : null
    }
    // The batch's bytes are in memory and checked by CRC on arrival: once may be the wire, three times is ours.
    if (failureName === 'CORRUPT_MESSAGE') return pending.attempts >= 3 ? failure : null
    return failure.retriable ? null : failure
  }

  /** Fails all batches, sent or not: the producer closes. */
  rejectAll(error: LogpipeError): void {
    for (const pending of this.#pending.splice(0)) pending.reject(error)
    this.#stamped = 0
  }

  #firstWaiting(): PendingBatch | undefined {
    return this.#pending.find(({ state }) => state === 'waiting')
  }

  /** Takes out a batch that somebody gave up; a hole in the sequence then needs a new producer id. */
  #remove(pending: PendingBatch): boolean {
    const index = this.#pending.indexOf(pending)
    if (index < 0) return false
    const wasStamped = index < this.#stamped
    this.#take(pending)
    if (wasStamped) {
      this.#renewIdentity()
      this.#failed = true
    }
    return true
  }

  #take(pending: PendingBatch): boolean {
    const index = this.#pending.indexOf(pending)
    if (index < 0) return false
    this.#pending.splice(index, 1)
    if (index < this.#stamped) this.#stamped--
    return true
  }

  #renewIdentity(): void {
    this.identity = null
    this.#provenAt = null
    this.#nextSequence = 0
    this.#stamped = 0
  }
}

/** Our error for a partition's outcome in a produce response. */
export function produceFailure(
  queue: PartitionQueue,
  errorCode: number,
  detail: string | null,
): { error: LogpipeError; name: string } {
  const name = protocolErrorName(errorCode)
  return { error: fromProtocol(name, `Topic ${queue.topic}, partition ${queue.partition}`, detail), name }
}
