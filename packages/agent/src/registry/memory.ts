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
  #rebuiltMs: number | null = null
  /** Set by tests: the error that writing meets. */
  fault: LogpipeError | null = null
  /** Set by tests: what is written stays on its way to the disk, where a power cut can still undo it, until `catchUp`. */
  isSlow = false
  #underWay: (() => void)[] = []

  /** It is no longer slow, and what was on its way is there. */
  catchUp(): void {
    this.isSlow = false
    for (const arrive of this.#underWay.splice(0)) arrive()
  }

  /** Whoever waits for it is killed. */
  forgetWaiting(): void {
    this.#underWay = []
    this.isSlow = false
  }

  /** A power cut: what was not synced is gone. */
  losePower(): void {
    this.#current = this.#synced
  }

  /** The registry was found broken: nothing of it is left. */
  breakDown(nowMs: number): void {
    this.#current = nothing
    this.#synced = nothing
    this.#origin = 'rebuilt'
    this.#rebuiltMs = nowMs
  }

  /** Syncs what a process that was killed left. */
  recover(): void {
    this.#synced = this.#current
  }

  read(): RegistryContent {
    const { checkpoints, startedEntries, plan } = this.#current
    const origin = this.#origin
    this.#origin = 'kept'
    const rebuiltMs = this.#rebuiltMs
    return { checkpoints: [...checkpoints.values()], startedEntries: new Set(startedEntries), plan, origin, rebuiltMs }
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
    if (durable && !this.isSlow) this.#synced = this.#current
  }

  /** Resolves when all that was written so far is on the disk. Rejects with `registry_unsure` where there is a fault by then. */
  async sync(): Promise<void> {
    if (!this.isSlow) return
    const written = this.#current
    await new Promise<void>((resolve) => this.#underWay.push(resolve))
    if (this.fault !== null) throw new LogpipeError('registry_unsure', this.fault.message, { retriable: true })
    this.#synced = written
  }
}

/** In-memory twin of the registry, for tests. */
export class MemoryRegistry implements Registry {
  readonly #disk: MemoryDisk
  #closed = false
  #isSaving = false

  constructor(disk = new MemoryDisk()) {
    this.#disk = disk
  }

  async load(): Promise<RegistryContent> {
    this.#assertOpen()
    this.#disk.recover()
    return this.#disk.read()
  }

  async save(change: RegistryChange, { durable }: { durable: boolean }): Promise<void> {
    this.#assertOpen()
    if (this.#isSaving) throw new Error('A registry is called again when the call before has ended.')
    this.#isSaving = true
    try {
      this.#disk.write(change, durable)
      if (durable) await this.#disk.sync()
    } finally {
      this.#isSaving = false
    }
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new LogpipeError('registry_broken', 'The registry is closed.')
  }
}
