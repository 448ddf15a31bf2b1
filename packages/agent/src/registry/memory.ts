import { LogpipeError } from '@logpipe/runtime'
import type { Checkpoint, Registry, RegistryChange, RegistryContent } from './registry.ts'

interface Stored {
  checkpoints: Map<string, Checkpoint>
  startedEntries: Set<string>
  plan: string | null
}

const nothing: Stored = { checkpoints: new Map(), startedEntries: new Set(), plan: null }

/** The disk under a `MemoryRegistry`: outlives it as a real disk outlives the process. */
export class MemoryDisk {
  #current = nothing
  #synced = nothing
  #origin: RegistryContent['origin'] = 'fresh'
  /** Set by tests: the error that writing meets. */
  fault: LogpipeError | null = null

  /** A power cut: what was not synced is gone. */
  losePower(): void {
    this.#current = this.#synced
  }

  /** The registry was found broken: nothing of it is left. */
  breakDown(): void {
    this.#current = nothing
    this.#synced = nothing
    this.#origin = 'rebuilt'
  }

  read(): RegistryContent {
    const { checkpoints, startedEntries, plan } = this.#current
    const origin = this.#origin
    this.#origin = 'kept'
    return { checkpoints: [...checkpoints.values()], startedEntries: new Set(startedEntries), plan, origin }
  }

  write(change: RegistryChange, durable: boolean): void {
    if (this.fault !== null) throw this.fault
    const checkpoints = new Map(this.#current.checkpoints)
    for (const sourceId of change.remove) checkpoints.delete(sourceId)
    for (const checkpoint of change.put) checkpoints.set(checkpoint.sourceId, checkpoint)
    this.#current = {
      checkpoints,
      startedEntries: new Set([...this.#current.startedEntries, ...(change.startedEntries ?? [])]),
      plan: change.plan ?? this.#current.plan,
    }
    if (durable) this.#synced = this.#current
  }
}

/** In-memory twin of the registry, for tests. */
export class MemoryRegistry implements Registry {
  readonly #disk: MemoryDisk
  #closed = false

  constructor(disk = new MemoryDisk()) {
    this.#disk = disk
  }

  async load(): Promise<RegistryContent> {
    this.#assertOpen()
    return this.#disk.read()
  }

  async save(change: RegistryChange, { durable }: { durable: boolean }): Promise<void> {
    this.#assertOpen()
    this.#disk.write(change, durable)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new LogpipeError('registry_broken', 'The registry is closed.')
  }
}
