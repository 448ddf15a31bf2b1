import { FetchedBatch, type PlainRecord, RecordBatchEncoder } from '@logpipe/kafka'
import { LogpipeError, untilAborted } from '@logpipe/runtime'
import type { AssignedPartition, AssignmentHandlers, RecordSource } from './source.ts'

const neverAborts = new AbortController().signal

/** The log of one partition, as Kafka keeps it: record batches with offsets, and one committed position. */
export class MemoryPartition {
  readonly topic: string
  readonly partition: number
  readonly batches: FetchedBatch[] = []
  nextOffset = 0
  committed: { offset: number; metadata: string } | null = null
  /** Called for every commit; an error it returns is thrown, and nothing is stored. */
  failCommit: () => LogpipeError | null = () => null
  #arrival = Promise.withResolvers<void>()

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Appends one record batch. `gap` leaves that many offsets unused before it, as compaction and transactions do. */
  async append(records: readonly PlainRecord[], gap = 0): Promise<void> {
    const encoder = new RecordBatchEncoder(1_048_576)
    encoder.reset(records[0]?.timestampMs)
    for (const record of records) {
      if (!encoder.appendRecord(record))
        throw new LogpipeError('internal', 'The test makes a batch of more than 1 MiB.')
    }
    const { bytes } = await encoder.seal('none')
    this.nextOffset += gap
    bytes.writeBigInt64BE(BigInt(this.nextOffset), 0)
    this.batches.push(new FetchedBatch(Buffer.from(bytes)))
    this.nextOffset += records.length
    this.#arrival.resolve()
    this.#arrival = Promise.withResolvers<void>()
  }

  /** Deletes the topic and makes it again: Kafka forgets what was committed, too. */
  makeAgain(): void {
    this.batches.length = 0
    this.nextOffset = 0
    this.committed = null
    this.#arrival.resolve()
    this.#arrival = Promise.withResolvers<void>()
  }

  /** Resolves with the next append, or when the topic is made again. */
  get arrival(): Promise<void> {
    return this.#arrival.promise
  }
}

/** One assignment of a partition: the twin of the Kafka client's. */
class MemoryAssignment implements AssignedPartition {
  readonly topic: string
  readonly partition: number
  readonly committed: { offset: number; metadata: string } | null
  isActive = true
  highWatermark = -1
  readonly failure = null
  readonly #log: MemoryPartition
  readonly #batchesAFetch: number
  #position: number

  constructor(log: MemoryPartition, batchesAFetch: number) {
    this.topic = log.topic
    this.partition = log.partition
    this.committed = log.committed
    this.#log = log
    this.#batchesAFetch = batchesAFetch
    this.#position = log.committed?.offset ?? 0
  }

  get position(): number {
    return this.#position
  }

  get logEnd(): number {
    return this.#log.nextOffset
  }

  async fetch(signal: AbortSignal): Promise<FetchedBatch[]> {
    for (;;) {
      const { arrival } = this.#log
      // Out of range: the topic was made again. The Kafka client begins at the oldest record then.
      if (this.#position > this.#log.nextOffset) this.#position = this.#log.batches[0]?.baseOffset ?? 0
      const rest = this.#log.batches.filter(({ lastOffset }) => lastOffset >= this.#position)
      if (rest.length > 0 && !signal.aborted) {
        this.highWatermark = this.#log.nextOffset
        const batches = rest.slice(0, this.#batchesAFetch)
        this.#position = (batches.at(-1)?.lastOffset ?? 0) + 1
        return batches
      }
      await untilAborted(arrival, signal)
    }
  }

  seek(offset: number): void {
    this.#position = offset
  }

  async commit(offset: number, metadata = ''): Promise<void> {
    if (!this.isActive) throw new LogpipeError('kafka_fenced', 'The partition was taken away.')
    const failure = this.#log.failCommit()
    if (failure !== null) throw failure
    this.#log.committed = { offset, metadata }
  }
}

/** In-memory twin of a consumer group with one member. A test assigns, revokes and takes away as it likes. */
export class MemorySource implements RecordSource {
  readonly partitions: MemoryPartition[] = []
  /** Record batches in one fetch. */
  batchesAFetch = 2
  #assigned: MemoryAssignment[] = []
  #handlers: AssignmentHandlers | null = null

  add(topic: string, partition: number): MemoryPartition {
    const log = new MemoryPartition(topic, partition)
    this.partitions.push(log)
    return log
  }

  async run(handlers: AssignmentHandlers, signal: AbortSignal): Promise<void> {
    this.#handlers = handlers
    this.assign()
    await untilAborted(new Promise<never>(() => {}), signal).catch(() => {})
    await this.revoke()
    this.#handlers = null
  }

  /** Hands out all partitions, each from its committed offset on. */
  assign(): void {
    this.#assigned = this.partitions.map((log) => new MemoryAssignment(log, this.batchesAFetch))
    this.#handlers?.onAssigned(this.#assigned)
  }

  /** Takes all partitions back in order, as a rebalance does. */
  async revoke(signal: AbortSignal = neverAborts): Promise<void> {
    const assigned = this.#assigned
    this.#assigned = []
    await this.#handlers?.onRevoked(assigned, signal)
    for (const partition of assigned) partition.isActive = false
  }

  /** Takes all partitions away, as the end of a session does; commits are refused from now on. `isNoticed`: the group says so. */
  lose(isNoticed: boolean): void {
    const assigned = this.#assigned
    for (const partition of assigned) partition.isActive = false
    if (!isNoticed) return
    this.#assigned = []
    this.#handlers?.onLost(assigned)
  }
}
