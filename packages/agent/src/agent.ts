import { setImmediate as immediate } from 'node:timers/promises'
import type { FileProgress } from '@logpipe/config'
import { type Clock, Wakeup } from '@logpipe/runtime'
import { Delivery } from './deliver/delivery.ts'
import type { BatchSender } from './deliver/producer.ts'
import { cursorBytes } from './discover/fingerprint.ts'
import { findFiles, type Ignored, type Scan } from './discover/finder.ts'
import { ScanPace } from './discover/pace.ts'
import { Files } from './discover/files.ts'
import { Kin } from './discover/kin/kin.ts'
import { Hint, type WatchFolder } from './discover/hint.ts'
import { Listings } from './discover/listings.ts'
import { Roots } from './discover/roots.ts'
import { Sightings } from './discover/sightings.ts'
import { Tracker } from './discover/tracker.ts'
import type { AgentEvents } from './events.ts'
import { Handles } from './harvest/handles.ts'
import type { HarvestContext } from './harvest/context.ts'
import { Harvester } from './harvest/harvester.ts'
import type { Origin } from './harvest/headers.ts'
import { PackedSlots } from './harvest/packed/index.ts'
import { ReadBuffer } from './harvest/read-buffer.ts'
import { Rounds } from './harvest/rounds.ts'
import type { Source } from './harvest/source.ts'
import { emptyPlan, isSamePlan, type Plan, type PlanEntry } from './plan/compile.ts'
import { fileRows, lagBytes, type LeftToDo, leftToDo } from './progress/rows.ts'
import { Ledger, type LedgerOptions } from './registry/ledger.ts'
import type { Registry } from './registry/registry.ts'
import { RateLimits } from './upkeep/rate-limit.ts'
import { Upkeep } from './upkeep/upkeep.ts'

export interface AgentOptions {
  registry: Registry
  sender: BatchSender
  events: AgentEvents
  clock: Clock
  origin: Origin
  limits: {
    pollMs: number
    chunkBytes: number
    maxOpenFiles: number
    flushPartialMs: number
    flushMs: number
    holdMs: number
    forgetMs: number
    batchBytes: number
    /** What is put behind a topic's name to make that of its dead letters. */
    deadLetterSuffix: string
    maxInFlightBytes: number
    lingerMs: number
  } & Pick<LedgerOptions, 'epochBytes'>
  /** Folders outside of which nothing is collected. Default: the whole tree. */
  roots?: readonly string[]
  /** How folders are watched, so that changes are seen before the next poll. Default: they are not. */
  watch?: WatchFolder
  /** Called when all folders were looked at for a plan: it runs, what it does not want any more is told to end. With what it leaves. */
  scanned?: (plan: Plan, ignored: readonly Ignored[]) => void
  /** Called when there is nothing to do after a burst. */
  burstOver?: () => void
  /** Waits between two tries at a topic that Kafka refuses. */
  backoff?: { baseMs: number; maxMs: number }
}

/** How long a scan goes on before others get their turn: each time costs a turn of the event loop. */
const scanSliceMs = 2
/** How long files that wait are asked one after the other before something else gets its turn. */
const maxTurnMs = 10
/** `moved`: somebody had a turn. `paused`: some have been asked in vain, others not yet. `over`: all wait, or nobody is there. */
type Round = 'moved' | 'paused' | 'over'

/** Longest sleep: what no timer is set for is looked at after it. */
const maxSleepMs = 1_000

/**
 * Runs the plan: finds files, reads them in turns, hands their lines to delivery, writes down what is acknowledged. Everything
 * happens in one loop (`run`); tests take the steps one by one (`poll`).
 */
export class Agent {
  readonly delivery: Delivery
  readonly ledger: Ledger
  readonly #options: AgentOptions
  readonly #wakeup = new Wakeup()
  readonly #roots: Roots
  readonly #sightings = new Sightings()
  readonly #listings = new Listings()
  readonly #hint: Hint | null
  readonly #handles: Handles
  readonly #slots: PackedSlots
  readonly #tracker: Tracker
  readonly #rounds: Rounds
  readonly #pace: ScanPace
  readonly #rateLimits: RateLimits
  #plan: Plan = emptyPlan
  #scan: Generator<undefined, Scan, undefined> | null = null
  /** How many have been asked since somebody last could use a turn. */
  #inVain = 0
  #scans = 0

  constructor(options: AgentOptions) {
    const { registry, sender, events, clock, origin, limits, backoff, burstOver, roots = ['/'], watch } = options
    this.#options = options
    const wake = (): void => this.#wakeup.wake()
    const hurry = (): void => {
      this.#pace.hurry()
      wake()
    }
    this.#hint = watch === undefined ? null : new Hint({ clock, events, watch, hurry })
    const optional = { ...(backoff && { backoff }), ...(burstOver && { burstOver }) }
    this.delivery = new Delivery({ sender, events, clock, wake, ...limits, ...optional })
    this.ledger = new Ledger({ registry, events, clock, ...limits })
    this.#roots = new Roots(roots)
    this.#handles = new Handles(limits.maxOpenFiles, events, this.#roots, clock)
    this.#rounds = new Rounds(this.#handles, limits.pollMs)
    this.#pace = new ScanPace(limits.pollMs)
    this.#rateLimits = new RateLimits(clock)
    const { ledger } = this
    const shared = { ...limits, ledger, handles: this.#handles, events, clock, files: new Files() }
    const harvest = (source: Source, entry: PlanEntry): Harvester => new Harvester(source, entry, context)
    const slots = new PackedSlots()
    this.#slots = slots
    const kin = new Kin({ ...shared, slots, harvest, ready: (file) => this.#rounds.add(file) })
    const context: HarvestContext = {
      kin,
      slots,
      delivery: this.delivery,
      ledger,
      handles: this.#handles,
      limits: this.#rateLimits,
      events,
      clock,
      origin,
      buffer: new ReadBuffer(limits.chunkBytes + cursorBytes),
      chunkBytes: limits.chunkBytes,
      batchBytes: limits.batchBytes,
      deadLetterSuffix: limits.deadLetterSuffix,
    }
    this.#tracker = new Tracker({
      ...shared,
      kin,
      upkeep: new Upkeep(shared),
      harvest,
    })
  }

  get openFiles(): number {
    return this.#handles.count
  }

  /** How often all folders were looked at. */
  get scans(): number {
    return this.#scans
  }

  /** Size minus acknowledged, over all files. */
  get lagBytes(): number {
    return lagBytes(this.#tracker.harvesters)
  }

  /** What the files of these entries have still to do, in one pass over all files; of an entry that is absent, nothing. */
  leftOf(entries: ReadonlySet<string>): ReadonlyMap<string, LeftToDo> {
    return entries.size === 0 ? new Map() : leftToDo(this.#tracker.harvesters, entries, this.#rounds)
  }

  /**
   * Runs this plan from the next scan on, but for what lies outside the roots: returns what is left. Files whose entry did not change are not touched. A
   * plan that does not differ from the one that runs, such as after an event of a service elsewhere, changes nothing: the one that runs is returned.
   */
  apply(plan: Plan): Plan {
    const allowed = this.#roots.apply(plan)
    if (isSamePlan(allowed, this.#plan)) return this.#plan
    this.#plan = allowed
    this.#scan = null
    this.#pace.reset()
    this.#options.events.planApplied(this.#plan.entries.length, this.#plan.refused)
    this.#wakeup.wake()
    return this.#plan
  }

  /** Progress of every file that is matched, collected or not, and of those that are lost and not finished; each as it is when it is asked for. */
  files(): Generator<FileProgress, void, void> {
    return fileRows(this.#tracker, (harvester) => this.#rounds.isReady(harvester))
  }

  /** Collects until `signal` aborts. Never rejects for what a file, Kafka or the registry does. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const now = clock.monotonic()
      this.#scanSlice(now)
      this.#rounds.look(now)
      const round = await this.#turn()
      this.delivery.tick(clock.monotonic())
      void this.ledger.write(clock.monotonic(), round === 'over')?.then(() => this.#wakeup.wake())
      if (round === 'moved') continue
      if (round === 'over' && this.#scan === null) await this.#sleep(signal)
      else await immediate()
    }
  }

  /** For tests: one whole scan, then everything is read, sealed and handed over, as far as it goes without waiting. */
  async poll(): Promise<void> {
    this.#pace.reset()
    do this.#scanSlice(this.#options.clock.monotonic())
    while (this.#scan !== null)
    // What others do in the meantime (answers, compression) shows after a turn or two of the event loop.
    for (let idle = 0; idle < 3;) {
      const round = await this.#turn()
      const isWriting = round === 'over' && this.ledger.write(this.#options.clock.monotonic(), true) !== null
      idle = round !== 'over' || isWriting ? 0 : idle + 1
      if (round !== 'over') continue
      this.delivery.flush()
      await immediate()
    }
  }

  /**
   * An orderly end: waits until everything read is acknowledged, or `signal` aborts; writes positions, lets go of all files and of
   * the registry. Resolves with whether everything was acknowledged. Call it when `run` has ended.
   */
  async stop(signal: AbortSignal): Promise<boolean> {
    const { events, registry } = this.#options
    this.#hint?.close()
    this.delivery.flush()
    const drained = await this.delivery.drain(signal)
    this.delivery.close()
    events.stopped(!drained)
    for (const { lost, path, knownSize, source } of this.#tracker.harvesters) {
      if (lost === 'deleted') events.bytesUnread('deleted', knownSize - source.read, path)
    }
    await this.ledger.writeLast()
    this.#slots.closeAll()
    this.#handles.closeAll()
    await registry.close()
    return drained
  }

  /** For tests: ends as a killed process does. Nothing more is sent or written. */
  crash(): void {
    this.#hint?.close()
    this.delivery.close()
    this.#slots.closeAll()
    this.#handles.closeAll()
  }

  /** Goes on with the scan, or begins one where it is time. */
  #scanSlice(now: number): void {
    const pace = this.#pace
    if (this.#scan === null) {
      if (now < pace.dueAt) return
      pace.begin(now)
      this.#hint?.rearm()
      this.#scan = findFiles(this.#plan.entries, this.#roots, this.#sightings, this.#listings)
    }
    const { clock, events } = this.#options
    let step = this.#scan.next()
    while (step.done !== true && clock.monotonic() - now < scanSliceMs) step = this.#scan.next()
    if (step.done === true) {
      const { value: scan } = step
      this.#scan = null
      for (const harvester of this.#tracker.settle(scan, this.#plan, this.#handles.isShort)) this.#rounds.add(harvester)
      events.filesIgnored(this.#tracker.ignored)
      this.#hint?.follow(scan.folders)
    }
    pace.spend(clock.monotonic() - now)
    if (step.done !== true) return
    this.#scans++
    this.#options.scanned?.(this.#plan, this.#tracker.ignored)
    events.scanned(pace.end())
  }

  /** The next turn of somebody who can use it. */
  async #turn(): Promise<Round> {
    const { clock } = this.#options
    const began = clock.monotonic()
    if (this.#inVain === 0) this.#rateLimits.askAnew()
    for (; this.#inVain < this.#rounds.readyCount; this.#inVain++) {
      if (clock.monotonic() - began > maxTurnMs) return 'paused'
      const harvester = this.#rounds.take()
      if (harvester === undefined || harvester.stopping) continue
      const before = harvester.source.read
      const outcome = await harvester.turn()
      const grew = harvester.source.read > before
      if (outcome === 'end') this.#rounds.rest(harvester, grew, clock.monotonic())
      else this.#rounds.add(harvester)
      if (outcome === 'waits' && !grew) continue
      this.#inVain = 0
      return 'moved'
    }
    this.#inVain = 0
    return 'over'
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const { dueAt } = this.#rateLimits
    const due = Math.min(this.#pace.dueAt, this.delivery.dueAt, this.ledger.dueAt, this.#rounds.dueAt, dueAt)
    const ms = Math.min(maxSleepMs, due - this.#options.clock.monotonic())
    await this.#wakeup.sleep(ms, signal)
  }
}
