import { epochAt } from '@logpipe/config'
import { type Clock, isLogpipeError } from '@logpipe/runtime'
import type { AgentEvents } from '../events.ts'
import type { Source } from '../harvest/source.ts'
import type { SourceKeeper } from '../harvest/source-keeper.ts'
import { toForget, withGrace } from './forget.ts'
import type { Checkpoint, Registry } from './registry.ts'
import { namesOf, type StartedEntry } from './started-entry.ts'

const tidyMs = 60_000
/** A file with fewer lines is no burden to Elasticsearch, and each epoch is one more durable write. */
const usualEpochBytes = 262_144
/** How long somebody waits at most while others are busy. */
const urgentMs = 20
/** So long after the registry was lost an entry that it does not know counts as one that it did: by then all had a scan, also those that etcd gives. */
const lossMs = 24 * 3_600_000

export interface LedgerOptions {
  registry: Registry
  events: AgentEvents
  clock: Clock
  flushMs: number
  /** How long a file that is finished or gone is remembered, in case it comes back. */
  forgetMs: number
  /** So much of a file is read in one epoch at least. Default: 256 KiB. */
  epochBytes?: number
}

/**
 * The registry in memory: the sources that are alive, the checkpoints of files that are not being collected, and what of both is
 * still to be written. One owner; `write` is awaited before it is called again.
 */
export class Ledger implements SourceKeeper {
  readonly #options: LedgerOptions
  readonly #alive = new Set<Source>()
  /** What the registry held at the start: those checkpoints are durable for sure. */
  readonly #loaded = new WeakSet<Checkpoint>()
  /** Checkpoints without a harvester, by inode: the inode is what a file is looked up by. */
  readonly #resting = new Map<bigint, Checkpoint[]>()
  readonly #changed = new Set<Source>()
  readonly #put = new Map<string, Checkpoint>()
  readonly #removed = new Set<string>()
  readonly #started = new Set<string>()
  readonly #newlyStarted = new Set<string>()
  #plan: string | null = null
  #planChanged = false
  /** Monotonic time since which somebody waits to send on; null where nobody does. */
  #urgentSince: number | null = null
  #nextFlushAt = 0
  #nextTidyAt = 0
  #retryAt = 0
  /** A checkpoint that waits takes an epoch back that the registry may have. */
  #isEpochBack = false
  /** Monotonic time until which the registry counts as lost. */
  #lostUntil = -Infinity
  #isFailing = false
  #writing: Promise<boolean> | null = null

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  /** Reads the registry. Rejects with its errors. */
  async load(): Promise<void> {
    const content = await this.#options.registry.load()
    const nowMs = this.#options.clock.now()
    for (const stored of content.checkpoints) {
      const checkpoint = withGrace(stored, nowMs)
      this.#loaded.add(checkpoint)
      this.#rest(checkpoint)
    }
    for (const id of content.startedEntries) this.#started.add(id)
    this.#plan = content.plan
    // Whatever the clock is set to from now on; and one that was ahead when the loss was found does not make it last longer.
    const agoMs = content.rebuiltMs === null ? Infinity : Math.max(0, nowMs - content.rebuiltMs)
    this.#lostUntil = this.#options.clock.monotonic() + lossMs - agoMs
  }

  /** The last plan of the fleet's store that was good, as JSON. */
  get plan(): string | null {
    return this.#plan
  }

  set plan(json: string | null) {
    if (json === this.#plan || json === null) return
    this.#plan = json
    this.#planChanged = true
  }

  get epoch(): number {
    return epochAt(this.#options.clock.now())
  }

  get epochBytes(): number {
    return this.#options.epochBytes ?? usualEpochBytes
  }

  get isFailing(): boolean {
    return this.#isFailing
  }

  /** Whether neither the entry nor one of the same topic and path has ever had a scan, as far as a registry that is whole can tell. */
  isFirstScan(entry: StartedEntry): boolean {
    // After a loss `startAt: end` would skip what was not acknowledged: begin at the beginning.
    const isLost = this.#options.clock.monotonic() < this.#lostUntil
    return !isLost && !namesOf(entry).some((name) => this.#started.has(name))
  }

  scanned(entry: StartedEntry): void {
    for (const name of namesOf(entry)) {
      if (this.#started.has(name)) continue
      this.#started.add(name)
      this.#newlyStarted.add(name)
    }
  }

  /** Checkpoints of files with this inode that nobody collects now. */
  resting(ino: bigint): readonly Checkpoint[] {
    return this.#resting.get(ino) ?? []
  }

  /** Whether nobody has taken up the checkpoint since it was looked up. */
  isResting(checkpoint: Checkpoint): boolean {
    return this.resting(checkpoint.ino).includes(checkpoint)
  }

  /** All checkpoints that nobody collects now. */
  *allResting(): Generator<Checkpoint> {
    for (const checkpoints of this.#resting.values()) yield* checkpoints
  }

  /**
   * A source is new. It is written with the next flush even where none of its lines can be sent for now: after a crash its file
   * is found by it where it was renamed out of the globs meanwhile. (Before its first line is sent it is written durably.)
   */
  began(source: Source): void {
    this.#alive.add(source)
    this.#changed.add(source)
  }

  /** The checkpoint has a harvester again. */
  resumed(checkpoint: Checkpoint, source: Source): void {
    if (!this.#loaded.has(checkpoint)) source.notDurable()
    this.#unrest(checkpoint)
    this.#alive.add(source)
  }

  touched(source: Source): void {
    if (this.#alive.has(source)) this.#changed.add(source)
  }

  /** The source may not send on before it is written. */
  hurry(source: Source): void {
    if (!this.#alive.has(source)) return
    this.#changed.add(source)
    this.#urgentSince ??= this.#options.clock.monotonic()
  }

  /** Nobody collects the file any more; its checkpoint stays. */
  rested(source: Source): void {
    if (!this.#alive.delete(source)) return
    this.#changed.delete(source)
    const checkpoint = source.checkpoint(this.#options.clock.now(), true)
    this.#isEpochBack ||= source.hasMoved
    this.#rest(checkpoint)
    this.#put.set(checkpoint.sourceId, checkpoint)
  }

  /** The checkpoint changes without a harvester. */
  amend(before: Checkpoint, after: Checkpoint): void {
    this.#unrest(before)
    this.#rest(after)
    this.#put.set(after.sourceId, after)
  }

  /** The source's content is gone for good. */
  dropped(source: Source): void {
    this.#alive.delete(source)
    this.#changed.delete(source)
    this.#forget(source.id)
  }

  droppedCheckpoint(checkpoint: Checkpoint): void {
    this.#unrest(checkpoint)
    this.#forget(checkpoint.sourceId)
  }

  /**
   * Begins to write what has to be written: every `flushMs`; where somebody waits for it, as soon as nobody else has anything to do
   * (`isQuiet`), so that many who wait share one sync of the disk. Null where it is not time, or where a write is under way: what changes
   * meanwhile goes with the next one. Resolves when it has ended, with whether somebody who waited may go on. A failure is an event; everything
   * is kept and tried again.
   */
  write(now: number, isQuiet: boolean): Promise<boolean> | null {
    if (this.#writing !== null || now < this.#retryAt) return null
    const isUrgent = this.#urgentSince !== null && (isQuiet || now - this.#urgentSince >= urgentMs)
    if (!isUrgent && now < this.#nextFlushAt) return null
    this.#nextFlushAt = now + this.#options.flushMs
    this.#tidy(now)
    this.#writing = this.#writeNow(this.#urgentSince !== null)
    return this.#writing
  }

  /** Writes everything, with the mark of an orderly stop. */
  async writeLast(): Promise<void> {
    await this.#writing
    for (const source of this.#alive) this.#changed.add(source)
    await this.#save(true, true)
  }

  /** Monotonic time at which `write` has something to do next; Infinity where nothing changed, and while a write is under way. */
  get dueAt(): number {
    if (this.#writing !== null) return Infinity
    if (this.#urgentSince !== null) return this.#retryAt
    const waiting = this.#changed.size + this.#put.size + this.#removed.size + this.#newlyStarted.size
    return waiting === 0 && !this.#planChanged ? Infinity : Math.max(this.#nextFlushAt, this.#retryAt)
  }

  async #writeNow(isDurable: boolean): Promise<boolean> {
    const isWritten = await this.#save(isDurable, false)
    this.#writing = null
    return isWritten && isDurable
  }

  async #save(durable: boolean, stopping: boolean): Promise<boolean> {
    const { registry, events, clock } = this.#options
    const sources = [...this.#changed]
    const nowMs = clock.now()
    const stored = sources.map((source) => source.checkpoint(nowMs, stopping))
    const change = {
      put: [...this.#put.values(), ...stored],
      remove: [...this.#removed],
      startedEntries: [...this.#newlyStarted],
      ...(this.#planChanged && this.#plan !== null && { plan: this.#plan }),
      isLasting: this.#isEpochBack || sources.some(({ hasMoved }) => hasMoved),
    }
    const empty = change.put.length + change.remove.length + change.startedEntries.length === 0
    if (empty && change.plan === undefined) return true
    const urgentSince = this.#urgentSince
    this.#changed.clear()
    this.#urgentSince = null
    this.#isEpochBack = false
    if (durable) sources.forEach((source, i) => source.offered(stored[i] as Checkpoint))
    try {
      await registry.save(change, { durable })
    } catch (error) {
      for (const source of sources) {
        if (this.#alive.has(source)) this.#changed.add(source)
        if (isLogpipeError(error, 'registry_unsure')) source.notDurable()
        else source.notStored()
      }
      this.#isFailing = true
      this.#isEpochBack ||= change.isLasting
      this.#urgentSince ??= urgentSince
      this.#retryAt = clock.monotonic() + this.#options.flushMs
      events.registryFailed(error)
      return false
    }
    // What has changed again meanwhile is still to be written.
    for (const put of change.put) if (this.#put.get(put.sourceId) === put) this.#put.delete(put.sourceId)
    for (const id of change.remove) this.#removed.delete(id)
    for (const id of change.startedEntries) this.#newlyStarted.delete(id)
    if (change.plan === this.#plan) this.#planChanged = false
    this.#isFailing = false
    if (durable) sources.forEach((source, i) => source.stored(stored[i] as Checkpoint))
    events.registryWritten()
    return true
  }

  /** Forgets what has rested long enough. */
  #tidy(now: number): void {
    if (now < this.#nextTidyAt) return
    this.#nextTidyAt = now + tidyMs
    const nowMs = this.#options.clock.now()
    for (const old of toForget(this.allResting(), nowMs, this.#options.forgetMs)) this.droppedCheckpoint(old)
  }

  #forget(sourceId: string): void {
    this.#put.delete(sourceId)
    this.#removed.add(sourceId)
  }

  #rest(checkpoint: Checkpoint): void {
    const others = this.#resting.get(checkpoint.ino)
    if (others === undefined) this.#resting.set(checkpoint.ino, [checkpoint])
    else others.push(checkpoint)
  }

  #unrest(checkpoint: Checkpoint): void {
    const others = this.#resting.get(checkpoint.ino)?.filter(({ sourceId }) => sourceId !== checkpoint.sourceId) ?? []
    if (others.length === 0) this.#resting.delete(checkpoint.ino)
    else this.#resting.set(checkpoint.ino, others)
    this.#put.delete(checkpoint.sourceId)
  }
}
