import type { Clock } from '@logpipe/runtime'
import type { AgentEvents } from '../events.ts'
import { Cursor } from '../harvest/cursor.ts'
import type { Handles } from '../harvest/handles.ts'
import type { Harvester } from '../harvest/harvester.ts'
import type { Source } from '../harvest/source.ts'
import { emptyPlan, type Plan, type PlanEntry } from '../plan/compile.ts'
import type { Ledger } from '../registry/ledger.ts'
import type { Files } from './files.ts'
import { type Found, type Ignored, isBlind, matches, type Scan } from './finder.ts'
import { Heirs } from './heirs.ts'
import { sameBirth, sameFile } from './identity.ts'
import type { Kin } from './kin/kin.ts'
import { realPathOf } from './place.ts'
import { dozeMs, finishedAfterMs } from './quiet.ts'
import { recognize } from './recognize.ts'
import { Seeker } from './seeker.ts'
import { isAt, Siblings, statOrNull } from './siblings.ts'
import type { Upkeep } from '../upkeep/upkeep.ts'

export interface TrackerOptions {
  ledger: Ledger
  handles: Handles
  events: AgentEvents
  clock: Clock
  files: Files
  kin: Kin
  upkeep: Upkeep
  /** How long a possible copy must not have grown to be taken for a file of its own. */
  holdMs: number
  /** Time without growth after which an unfinished last line is sent as it is; 0: never. */
  flushPartialMs: number
  /** How long a file that is nowhere is remembered. */
  forgetMs: number
  harvest: (source: Source, entry: PlanEntry) => Harvester
}

/** What became of a found file: its harvester, where that may have something to do, or why it is left. */
interface Claim {
  harvester: Harvester | null
  left: Pick<Ignored, 'reason' | 'owner'> | null
}

/** Knows all files that are collected, by what they are: turns what a scan found into harvesters that begin, move, get lost and end. */
export class Tracker {
  readonly #options: TrackerOptions
  #ignored: readonly Ignored[] = []
  readonly #seeker: Seeker
  /** What this settlement saw of folders. */
  #siblings = new Siblings()
  /** Of the plan that was settled last. */
  #heirs = new Heirs(emptyPlan, emptyPlan)
  /** What the last scan could not look at. */
  #blind: Scan['blind'] = new Map()

  constructor(options: TrackerOptions) {
    this.#options = options
    this.#seeker = new Seeker(options)
  }

  get harvesters(): ReadonlySet<Harvester> {
    return this.#options.files.all
  }

  /** What the last scan matched and nobody collects. */
  get ignored(): readonly Ignored[] {
    return this.#ignored
  }

  /** Takes a whole scan into account; returns the harvesters that may have something to do. */
  settle(scan: Scan, plan: Plan, handlesAreShort: boolean): Harvester[] {
    const { ledger, events, kin, handles } = this.#options
    const isNewPlan = plan !== this.#heirs.plan
    if (isNewPlan) {
      this.#heirs = new Heirs(plan, this.#heirs.plan)
      kin.adopt(this.#heirs)
    }
    const seen = new Set<Harvester>()
    const ready: Harvester[] = []
    const ignored = [...scan.ignored]
    for (const found of scan.found) {
      const { harvester, left } = this.#claim(found, seen)
      if (left !== null) ignored.push({ path: found.path, entry: found.entry, kind: 'plain', ...left })
      if (harvester !== null) ready.push(harvester)
    }
    for (const harvester of this.harvesters) {
      if (!seen.has(harvester) && !isBlind(scan, harvester.path)) this.#missing(harvester, seen)
      if (this.#tend(harvester, handlesAreShort)) ready.push(harvester)
    }
    if (isNewPlan || this.#seeker.isDue(scan, this.#siblings)) {
      for (const found of this.#seeker.seek(scan, this.#heirs, this.#siblings)) ready.push(this.#beginLost(found))
    }
    for (const harvester of ready) if (!handles.hold(harvester)) break
    kin.settle(this.#siblings)
    if (isNewPlan) for (const { spec } of plan.entries) ledger.scanned(spec)
    for (const path of this.#blind.keys()) if (!scan.blind.has(path)) events.troubleOver(path)
    for (const [path, reason] of scan.blind) events.trouble({ path, reason })
    this.#siblings = new Siblings()
    this.#blind = scan.blind
    this.#ignored = ignored
    return ready
  }

  /** The harvester of a file that was found where it may have something to do; or why the file is not collected. */
  #claim(found: Found, seen: Set<Harvester>): Claim {
    const { path, stat, entry } = found
    const { topic, id } = entry.spec
    const here = this.#options.files.at(stat)
    const known = here.find((h) => h.source.topic === topic) ?? here.find((h) => h.source.entry === id && !seen.has(h))
    if (known === undefined) {
      const reason = this.#options.upkeep.whyLeft(found)
      if (reason !== null) return { harvester: null, left: { reason } }
      const harvester = this.#discover(found)
      seen.add(harvester)
      return { harvester, left: null }
    }
    if (seen.has(known)) {
      const owner = known.entry.spec.id
      const reason = `It is the same file as ${known.path}, which entry '${owner}' collects for this topic.`
      return { harvester: null, left: { reason, owner } }
    }
    if (!sameBirth(stat, known.source.identity)) {
      // The inode was given to a new file while we held no handle.
      this.#gone(known)
      known.source.state = 'gone'
      this.#remove(known)
      this.#options.ledger.rested(known.source)
      return this.#claim(found, seen)
    }
    seen.add(known)
    this.#meet(known, path, entry)
    // One that was stopped in the middle, and is wanted again, is not at its end either.
    const mayHave = known.look(stat) || known.failure !== null || !known.isAtEnd
    return { harvester: mayHave ? known : null, left: null }
  }

  /** A known file was seen at `path`. */
  #meet(harvester: Harvester, path: string, entry: PlanEntry): void {
    const { source } = harvester
    const { ledger, events } = this.#options
    if (harvester.entry !== entry || harvester.stopping) harvester.adopt(entry)
    harvester.displaced = false
    if (source.path === path && harvester.lost === null) return
    events.fileMoved(source.path, path)
    source.path = path
    source.realPath = realPathOf(path)
    source.state = 'active'
    harvester.lost = null
    harvester.isFindable = true
    ledger.touched(source)
  }

  /** A file that nobody collects: known from before, or new. */
  #discover(found: Found): Harvester {
    const { source, strays } = recognize(found, this.#options.ledger, this.#heirs)
    const harvester = this.#begin(source, found)
    for (const stray of strays) {
      const cursor = new Cursor(stray.cursorPrint)
      this.#options.kin.orphaned({ source: stray, cursor, entry: found.entry, unreadBytes: 0 }, null)
    }
    return harvester
  }

  /** A file gets its harvester. */
  #begin(source: Source, { path, entry }: Found): Harvester {
    this.#options.events.fileFound(path, entry.spec.id, source.read)
    const { harvest, files, kin } = this.#options
    const harvester = harvest(source, entry)
    files.add(harvester)
    kin.headGrew(harvester)
    harvester.adopt(entry)
    return harvester
  }

  /** A file was not seen where it was. */
  #missing(harvester: Harvester, seen: ReadonlySet<Harvester>): void {
    const { handles, events, ledger, files, clock } = this.#options
    const { source } = harvester
    const entry = this.#heirs.of(source)
    const isWanted = entry !== undefined && (harvester.lost !== null || matches(entry, harvester.path))
    const isTwin = (other: Harvester): boolean => seen.has(other) && other.source.topic === entry?.spec.topic
    if (isWanted && files.at(source.identity).some(isTwin)) {
      // Two entries whose topics have become the same: one goes on.
      source.state = 'finished'
      harvester.stopping = true
      return
    }
    if (!isWanted || harvester.isNowhere) {
      harvester.stopping = true
      return
    }
    if (harvester.entry !== entry || harvester.stopping) harvester.adopt(entry)
    const fd = handles.get(harvester)
    const before = harvester.lost
    if (fd !== undefined && handles.stat(harvester)?.links === 0) {
      harvester.lost = 'deleted'
      harvester.isFindable = false
    } else if (before === null || fd === undefined || this.#isAstray(harvester)) {
      const sibling = this.#siblings.find(source, source.identity)
      if (sibling === null && fd === undefined) {
        this.#gone(harvester)
        return
      }
      harvester.lost = 'renamed'
      harvester.displaced = false
      harvester.isFindable = sibling !== null
      source.path = sibling?.path ?? source.path
    }
    if (harvester.lost === null || harvester.lost === before) return
    events.fileLost(harvester.path, harvester.lost)
    // Who renamed it may have it open, however long nothing was written to it before.
    harvester.quietSince = clock.monotonic()
    source.state = 'lost'
    ledger.touched(source)
  }

  /** Whether a renamed file that is held has to be looked for: it was moved on; or it could be found again, and others need its handle. */
  #isAstray({ isFindable, source }: Harvester): boolean {
    return isFindable ? !isAt(source.path, source.identity) : this.#options.handles.isShort
  }

  /** The file is nowhere, and we hold no handle of it. */
  #gone(harvester: Harvester): void {
    // What is held or ignored was not asked for, or is in another file.
    const { standing, knownSize, source, path } = harvester
    const { events } = this.#options
    if (standing === 'own' || standing === 'new') events.bytesUnread('deleted', knownSize - source.read, path)
    harvester.vanished()
    harvester.stopping = true
    harvester.isNowhere = true
    source.state = this.#seeker.endOf(source, this.#siblings)
  }

  /** What time brings: lost files end, stopped ones are let go, unfinished lines are sent. True where it has something to do. */
  #tend(harvester: Harvester, handlesAreShort: boolean): boolean {
    const { handles, clock, flushPartialMs, holdMs } = this.#options
    const { source } = harvester
    if (harvester.stopping) {
      if (!harvester.isSettled) return false
      this.#remove(harvester)
      this.#rest(source)
      return false
    }
    const quietFor = clock.monotonic() - harvester.quietSince
    if (harvester.standing === 'held') return quietFor >= holdMs
    // What cannot be told yet: a packed file that is not complete, or waits for others.
    if (harvester.isUndecided) return true
    if (quietFor > dozeMs && harvester.isAtEnd && harvester.isSettled) harvester.doze()
    if (harvester.lost === null) {
      this.#options.upkeep.tend(harvester, quietFor)
      return this.#cut(harvester, harvester.cutEnd(quietFor, flushPartialMs))
    }
    const stat = handles.get(harvester) === undefined ? statOrNull(harvester.path) : handles.stat(harvester)
    if (stat !== null && sameFile(stat, source.identity) && harvester.look(stat)) return true
    if (!harvester.isAtEnd) return true
    if (!harvester.isSettled) return false
    if (quietFor < finishedAfterMs(harvester.lost, handlesAreShort)) return false
    if (this.#cut(harvester, harvester.cutEnd(Infinity, 1))) return true
    this.#finish(harvester)
    return false
  }

  #cut(harvester: Harvester, end: number): boolean {
    if (!harvester.mayBeCut(end)) return false
    harvester.cut(end)
    return true
  }

  #finish(harvester: Harvester): void {
    const { ledger, events } = this.#options
    const { source } = harvester
    events.fileFinished(harvester.path)
    this.#remove(harvester)
    // Nothing was ever sent of a file that was not judged.
    if (harvester.standing !== 'own') return ledger.dropped(source)
    source.state = harvester.lost === 'deleted' ? 'gone' : this.#seeker.endOf(source, this.#siblings)
    this.#rest(source)
  }

  /** One that was renamed while nobody looked is read to its end. */
  #beginLost(found: Found): Harvester {
    const harvester = this.#discover(found)
    harvester.lost = 'renamed'
    harvester.source.state = 'lost'
    this.#options.events.fileLost(found.path, 'renamed')
    return harvester
  }

  #rest(source: Source): void {
    this.#options.ledger.rested(source)
    if (source.state === 'lost') this.#seeker.rested(source, this.#siblings)
  }

  #remove(harvester: Harvester): void {
    const { handles, files, kin } = this.#options
    handles.close(harvester)
    files.remove(harvester)
    kin.removed(harvester)
  }
}
