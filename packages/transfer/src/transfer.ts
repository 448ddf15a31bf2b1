import { isLogpipeError, sleep } from '@logpipe/runtime'
import type { AssignedPartition, RecordSource } from './consume/source.ts'
import type { Events } from './events.ts'
import type { PartitionWorker } from './worker.ts'

export interface TransferOptions {
  source: RecordSource
  makeWorker: (partition: AssignedPartition) => PartitionWorker
  /** Rejects when something went wrong that waiting does not mend: a bug. Never resolves. */
  failed: Promise<never>
  events: Events
  commitMs: number
  /** How long a partition that goes to others may take to have all of it accepted. */
  drainMs: number
}

/** Turns assignments into workers: one a partition, from assignment to revoke, and commits what they have finished. */
export class Transfer {
  readonly #options: TransferOptions
  readonly #workers = new Map<AssignedPartition, PartitionWorker>()

  constructor(options: TransferOptions) {
    this.#options = options
  }

  get workers(): Iterable<PartitionWorker> {
    return this.#workers.values()
  }

  /** Moves records until `signal` aborts; then drains, commits, leaves the group and resolves. Rejects by a bug only. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, failed } = this.#options
    const stop = new AbortController()
    const bug = Promise.withResolvers<never>()
    const either = AbortSignal.any([signal, stop.signal])
    const running = source.run(
      {
        onAssigned: (partitions) => this.#assign(partitions, bug.reject),
        onRevoked: (partitions, lost) => this.#revoke(partitions, lost),
        onLost: (partitions) => this.#lose(partitions),
      },
      either,
    )
    const committing = this.#commitRegularly(either)
    try {
      await Promise.race([running, committing, bug.promise, failed])
      // The commits end first when the signal aborts; the source still has to drain and leave.
      await Promise.race([running, bug.promise, failed])
    } finally {
      stop.abort()
      await Promise.allSettled([running, committing])
    }
  }

  #assign(partitions: readonly AssignedPartition[], onBug: (error: unknown) => void): void {
    for (const partition of partitions) {
      const worker = this.#options.makeWorker(partition)
      this.#workers.set(partition, worker)
      worker.run().catch(onBug)
    }
    this.#options.events.partitionsAssigned(partitions.length)
  }

  async #revoke(partitions: readonly AssignedPartition[], lost: AbortSignal): Promise<void> {
    const deadline = AbortSignal.any([lost, AbortSignal.timeout(this.#options.drainMs)])
    await Promise.all(this.#take(partitions).map((worker) => worker.drain(deadline, lost)))
  }

  #lose(partitions: readonly AssignedPartition[]): void {
    for (const worker of this.#take(partitions)) worker.forget()
  }

  #take(partitions: readonly AssignedPartition[]): PartitionWorker[] {
    const taken = partitions.flatMap((partition) => {
      const worker = this.#workers.get(partition)
      this.#workers.delete(partition)
      return worker === undefined ? [] : [worker]
    })
    this.#options.events.partitionsGone(taken.length)
    return taken
  }

  async #commitRegularly(signal: AbortSignal): Promise<void> {
    const { commitMs, events } = this.#options
    try {
      for (;;) {
        await sleep(commitMs, signal)
        const workers = [...this.#workers.values()].filter((worker) => !worker.isForgotten)
        for (const worker of workers) events.lagMeasured(worker, worker.lag)
        await Promise.all(workers.map((worker) => worker.commit()))
      }
    } catch (error) {
      if (!isLogpipeError(error, 'aborted')) throw error
    }
  }
}
