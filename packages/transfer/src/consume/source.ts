import type { FetchedBatch } from '@logpipe/kafka'

/** A partition that is ours for now. */
export interface AssignedPartition {
  readonly topic: string
  readonly partition: number
  /** Where the group stood when the partition was assigned; null where it never committed. */
  readonly committed: { offset: number; metadata: string } | null
  /** The offset that the next fetch begins at; −1 before the first of a partition without a commit. */
  readonly position: number
  /** The offset behind the partition's last record as of the last fetch; −1 before the first. */
  readonly highWatermark: number
  /** The same as far as it is known; looked up now and then while nothing is fetched. −1 before it is known. */
  readonly logEnd: number
  /** Why the last fetch could not be answered; null where it was. */
  readonly failure: Error | null
  /**
   * The next record batches; empty when none came within the time of one poll, or after a try in vain. The first may begin with records before the
   * committed offset: Kafka keeps batches whole. Nothing is fetched unless this is called.
   */
  fetch(signal: AbortSignal): Promise<FetchedBatch[]>
  /** The next fetch begins at `offset`. Not to be called while one is under way. */
  seek(offset: number): void
  /** Commits the next offset to read. Rejects with `kafka_fenced` once the partition was taken away. */
  commit(offset: number, metadata?: string): Promise<void>
}

export interface AssignmentHandlers {
  onAssigned(partitions: readonly AssignedPartition[]): void
  /** Awaited before the partitions go to others: drain and commit. `signal` aborts when there is no time left. */
  onRevoked(partitions: readonly AssignedPartition[], signal: AbortSignal): Promise<void>
  /** They are gone already: nothing can be committed any more. */
  onLost(partitions: readonly AssignedPartition[]): void
}

/** PORT: where records come from. */
export interface RecordSource {
  /**
   * Takes part in sharing out the partitions until `signal` aborts; then revokes all, leaves, and resolves. Tries for ever
   * while the other side is away; rejects only with what no waiting can mend.
   */
  run(handlers: AssignmentHandlers, signal: AbortSignal): Promise<void>
}
