import { LogpipeError, type Logger, describeError, isLogpipeError } from '@logpipe/runtime'
import { initProducerIdV4 } from '@platformatic/kafka'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import { protocolErrorName, fromClient } from '../errors.ts'
import type { EncodedBatch, ProduceResult } from '../types.ts'
import { PartitionQueue, type PendingBatch, produceFailure } from './partition-queue.ts'
import { type Road, roadsOf } from './road.ts'
import { type PartitionOutcome, exchangeProduce } from './produce-request.ts'

export interface ProducerOptions {
  /** −1 (default): all in-sync replicas, with idempotence. 1: the leader alone. 0: nobody answers. */
  acks?: -1 | 0 | 1
  /** Requests without an answer, per connection. Idempotence holds for at most 5, which is the default. */
  maxInFlight?: number
  /** Bytes of batches in one request; a larger batch goes alone. Default 4 MiB. */
  maxRequestBytes?: number
  /** How long the leader may wait for the replicas, milliseconds. Default 20,000. */
  ackTimeoutMs?: number
}

interface Sent {
  queue: PartitionQueue
  pending: PendingBatch
}

/** What a change of leaders takes is no trouble yet. */
const troubleAfterMs = 3_000

/**
 * Sends finished record batches: idempotent, in order per partition, again and again until they are acknowledged. A batch
 * is refused only where trying again cannot help. The caller bounds how much it has under way.
 */
export class Producer {
  readonly #cluster: Cluster
  readonly #log: Logger
  readonly #acks: -1 | 0 | 1
  readonly #maxInFlight: number
  readonly #maxRequestBytes: number
  readonly #ackTimeoutMs: number
  readonly #queues = new Map<string, PartitionQueue>()
  /** Queues that hold batches; iterated in the order in which they last sent, so that none starves. */
  readonly #active = new Set<PartitionQueue>()
  readonly #inFlight = new Map<string, number>()
  /** Queues whose trouble the log has told and that is not over. */
  readonly #told = new WeakSet<PartitionQueue>()
  readonly #closing = new AbortController()
  #pumpScheduled = false
  #retries = 0

  constructor(cluster: Cluster, options: ProducerOptions = {}) {
    this.#cluster = cluster
    this.#log = cluster.log
    this.#acks = options.acks ?? -1
    this.#maxInFlight = options.maxInFlight ?? 5
    this.#maxRequestBytes = options.maxRequestBytes ?? 4 * 1024 * 1024
    this.#ackTimeoutMs = options.ackTimeoutMs ?? 20_000
  }

  /** Batches sent again so far, for metrics. */
  get retries(): number {
    return this.#retries
  }

  /**
   * Why nothing of this topic has been acknowledged for some seconds although there is something to send; null where all is
   * well. The batches are still tried.
   */
  trouble(topic: string): LogpipeError | null {
    const now = performance.now()
    for (const queue of this.#active) {
      const error = queue.topic === topic && !queue.isEmpty ? queue.troubleFor(troubleAfterMs, now) : null
      if (error !== null) return error
    }
    return null
  }

  /**
   * Resolves when the batch is acknowledged. Rejects with `kafka_record_too_large`, `kafka_topic_forbidden`,
   * `kafka_topic_missing` (after 30 s), `kafka_corrupt`, `kafka_time_refused`, `kafka_rejected` or, when `signal` aborts or the producer
   * closes, `aborted`: then nothing is known of the batch. Batches of one partition are written in the order of the calls.
   */
  send(topic: string, partition: number, batch: EncodedBatch, signal?: AbortSignal): Promise<ProduceResult> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError())
    const key = partitionKey(topic, partition)
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      queue = new PartitionQueue(topic, partition)
      this.#queues.set(key, queue)
    }
    const sent = queue.add(batch, signal)
    this.#active.add(queue)
    this.#schedulePump()
    if (signal === undefined) return sent
    // An abort may leave a hole that the queue must recover from.
    return sent.finally(() => this.#schedulePump())
  }

  /** Stops: all batches not yet acknowledged are rejected with `aborted`. The cluster stays open. */
  close(): void {
    this.#closing.abort()
    for (const queue of this.#queues.values()) queue.rejectAll(closedError())
    this.#active.clear()
    this.#queues.clear()
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    queueMicrotask(() => {
      this.#pumpScheduled = false
      if (!this.#closing.signal.aborted) this.#pump()
    })
  }

  /** Sends whatever can be sent now. Runs after every change; starts what a queue still lacks. */
  #pump(): void {
    const ready: PartitionQueue[] = []
    for (const queue of this.#active) {
      if (queue.needsRecovery && !queue.blocked) {
        queue.recover(performance.now())
        this.#retries++
        void this.#prepare(queue, true)
      }
      if (queue.isEmpty) this.#active.delete(queue)
      if (!queue.hasSendable) continue
      if (this.#leader(queue) < 0 || (this.#acks === -1 && queue.identity === null)) {
        void this.#prepare(queue, false)
        continue
      }
      ready.push(queue)
    }
    for (const road of roadsOf(ready, (queue) => this.#leader(queue))) this.#pumpRoad(road)
  }

  #pumpRoad(road: Road): void {
    while ((this.#inFlight.get(road.key) ?? 0) < this.#maxInFlight) {
      const request: Sent[] = []
      let bytes = 0
      for (const queue of road.queues) {
        if (bytes >= this.#maxRequestBytes) break
        if (!queue.hasSendable) continue
        const pending = queue.take(this.#acks === -1)
        if (pending === undefined) continue
        bytes += pending.batch.bytes.length
        request.push({ queue, pending })
        // Behind the others for the next request.
        this.#active.delete(queue)
        this.#active.add(queue)
      }
      if (request.length === 0) return
      void this.#sendRequest(road, request)
    }
  }

  async #sendRequest(road: Road, request: Sent[]): Promise<void> {
    const { key, leader } = road
    this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1)
    try {
      const outcomes = await this.#exchange(road, request)
      for (const sent of request) this.#settle(sent, outcomes)
    } catch (error) {
      const failure = fromClient(error, `Broker ${leader}`)
      this.#log.debug('Produce request failed.', { broker: leader, error: failure })
      for (const { queue, pending } of request) this.#fail(queue, pending, failure, null)
    } finally {
      this.#inFlight.set(key, (this.#inFlight.get(key) ?? 1) - 1)
      this.#schedulePump()
    }
  }

  /** Resolves to the partitions' outcomes; null where nobody answers (acks 0). */
  async #exchange({ leader, lane }: Road, request: readonly Sent[]): Promise<Map<string, PartitionOutcome> | null> {
    const broker = this.#cluster.metadata.broker(leader)
    if (broker === undefined)
      throw new LogpipeError('kafka_unavailable', `Broker ${leader} is away.`, { retriable: true })
    const connection = await this.#cluster.connections.get(broker, lane)
    const batches = request.map(({ queue, pending }) => ({
      topic: queue.topic,
      partition: queue.partition,
      bytes: pending.batch.bytes,
    }))
    const outcomes = await exchangeProduce(connection, batches, this.#acks, this.#ackTimeoutMs)
    if (this.#acks === 0) return null
    return new Map(outcomes.map((outcome) => [partitionKey(outcome.topic, outcome.partition), outcome]))
  }

  #settle({ queue, pending }: Sent, outcomes: Map<string, PartitionOutcome> | null): void {
    if (outcomes === null) {
      this.#acknowledge(queue, pending, -1)
      return
    }
    const outcome = outcomes.get(partitionKey(queue.topic, queue.partition))
    if (outcome === undefined) {
      const what = `Topic ${queue.topic}, partition ${queue.partition}`
      queue.fail(
        pending,
        new LogpipeError('kafka_unavailable', `${what}: the answer left it out.`, { retriable: true }),
        null,
      )
      return
    }
    // A duplicate is what a batch becomes whose first acknowledgement was lost on the way.
    if (outcome.errorCode === 0 || protocolErrorName(outcome.errorCode) === 'DUPLICATE_SEQUENCE_NUMBER') {
      this.#acknowledge(queue, pending, outcome.baseOffset)
      return
    }
    const { error, name } = produceFailure(queue, outcome.errorCode, outcome.errorMessage)
    this.#fail(queue, pending, error, name)
  }

  #fail(queue: PartitionQueue, pending: PendingBatch, error: LogpipeError, name: string | null): void {
    queue.fail(pending, error, name)
    this.#note(queue, error)
  }

  /** Notes why the queue cannot send; said once it has lasted, and again when it is over. */
  #note(queue: PartitionQueue, error: LogpipeError): void {
    const now = performance.now()
    queue.troubled(error, now)
    if (this.#told.has(queue) || queue.troubleFor(troubleAfterMs, now) === null) return
    this.#told.add(queue)
    const { topic, partition } = queue
    this.#log.warn('Kafka takes no batches of a partition; trying on', { topic, partition, error })
  }

  #acknowledge(queue: PartitionQueue, pending: PendingBatch, baseOffset: number): void {
    queue.acknowledge(pending, baseOffset)
    if (!this.#told.delete(queue)) return
    this.#log.info('Kafka takes batches of the partition again', { topic: queue.topic, partition: queue.partition })
  }

  /** Gets what the queue needs before it can send (a leader, a producer id), trying until it is there or hopeless. */
  async #prepare(queue: PartitionQueue, failed: boolean): Promise<void> {
    queue.blocked = true
    const { signal } = this.#closing
    const startedAt = performance.now()
    try {
      if (failed) await queue.backoff.wait(signal)
      let stale = failed
      for (;;) {
        try {
          await this.#findLeader(queue, stale)
          if (this.#acks === -1) queue.identity ??= await this.#newIdentity()
          return
        } catch (error) {
          const failure = fromClient(error, `Topic ${queue.topic}`)
          const missingTooLong = failure.code === 'kafka_topic_missing' && performance.now() - startedAt > 30_000
          if (!failure.retriable || missingTooLong) {
            queue.rejectAll(failure)
            return
          }
          this.#note(queue, failure)
          stale = true
          await queue.backoff.wait(signal)
        }
      }
    } catch (error) {
      // Only `wait` throws here, when the producer closes; `close` has rejected the batches.
      if (!isLogpipeError(error, 'aborted')) this.#log.error('Producer failed.', { error: describeError(error) })
    } finally {
      queue.blocked = false
      this.#schedulePump()
    }
  }

  #leader(queue: PartitionQueue): number {
    return this.#cluster.metadata.cached(queue.topic)?.partitions[queue.partition]?.leader ?? -1
  }

  async #findLeader(queue: PartitionQueue, stale: boolean): Promise<void> {
    const { metadata } = this.#cluster
    if (stale) await metadata.refresh([queue.topic])
    const { partitions } = await metadata.topic(queue.topic)
    if (partitions[queue.partition] === undefined) {
      const message = `Topic ${queue.topic} has no partition ${queue.partition}; it has ${partitions.length}.`
      throw new LogpipeError('kafka_topic_missing', message, { retriable: true })
    }
    if (this.#leader(queue) >= 0) return
    const message = `Topic ${queue.topic}, partition ${queue.partition} has no leader.`
    throw new LogpipeError('kafka_unavailable', message, { retriable: true })
  }

  async #newIdentity(): Promise<{ producerId: bigint; producerEpoch: number }> {
    const what = 'Asking for a producer id'
    const { connections } = this.#cluster
    const { producerId, producerEpoch } = await this.#cluster.askAny(what, (broker) =>
      connections.request(broker, 'control', initProducerIdV4.api, [null, 60_000], what),
    )
    return { producerId, producerEpoch }
  }
}

function closedError(): LogpipeError {
  return new LogpipeError('aborted', 'The Kafka producer was closed.')
}
