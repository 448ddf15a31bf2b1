import { dirname } from 'node:path'
import type { Clock } from '@logpipe/runtime'
import type { Source } from '../harvest/source.ts'
import type { PlanEntry } from '../plan/compile.ts'
import type { Ledger } from '../registry/ledger.ts'
import { type Checkpoint, isOver } from '../registry/registry.ts'
import { type Found, isBlind, matches, type Scan } from './finder.ts'
import type { Heirs } from './heirs.ts'
import type { Identity } from './identity.ts'
import { type Place, pathsOf } from './place.ts'
import { isAt, type Siblings } from './siblings.ts'

export interface SeekerOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** So long a folder that is away is waited for. */
  readonly forgetMs: number
}

/** What is away for good must end some time, also where nothing about its folder changes; but not right after a start. */
const anewMs = 3_600_000

/**
 * Seeks files that nobody collects, are not at their end, and are at no path that entries match: renamed while nobody looked. Once for each plan, and again when a folder
 * is back that was away: not mounted, moved, or not for us.
 */
export class Seeker {
  readonly #options: SeekerOptions
  readonly #startedAt: number
  #isDue = false
  #dueAt = Infinity
  /** Folders that were away, by how they looked. */
  readonly #away = new Map<string, string>()
  /** Paths at which the last scan, or one before, saw nothing. */
  readonly #unseen = new Set<string>()

  constructor(options: SeekerOptions) {
    this.#options = options
    this.#startedAt = options.clock.monotonic()
  }

  /** What is a file that is not to be found, and read as far as it was: sought again only where it may be back with its folder. */
  endOf(source: Source, siblings: Siblings): 'lost' | 'finished' {
    return isAt(source.path, source.identity) || !isAway(source, source.identity, siblings) ? 'finished' : 'lost'
  }

  /** A file that is lost, and that nobody collects any more, is sought when its folder is back. */
  rested(source: Source, siblings: Siblings): void {
    if (isAway(source, source.identity, siblings)) this.#note(source, siblings)
    else this.#isDue = true
  }

  /** Whether there is something to seek that was not there before. */
  isDue(scan: Scan, siblings: Siblings): boolean {
    if (this.#isDue || this.#options.clock.monotonic() >= this.#dueAt) return true
    for (const [folder, look] of this.#away) if (siblings.lookOf(folder) !== look) return true
    for (const path of this.#unseen) if (!isBlind(scan, path)) return true
    return false
  }

  /** The files that were found, with who is to collect them. Of the others those are given up whose folders are there. */
  *seek(scan: Scan, heirs: Heirs, siblings: Siblings): Generator<Found> {
    const { ledger } = this.#options
    this.#isDue = false
    this.#dueAt = Infinity
    this.#away.clear()
    this.#unseen.clear()
    for (const checkpoint of Array.from(ledger.allResting())) {
      if (isOver(checkpoint) || !ledger.isResting(checkpoint)) continue
      const entry = heirs.of(checkpoint)
      if (entry === undefined || !this.#isSought(checkpoint, entry)) continue
      if (isBlind(scan, checkpoint.path)) {
        this.#unseen.add(checkpoint.path)
        continue
      }
      const sibling = siblings.find(checkpoint, checkpoint, 'over a reboot')
      if (sibling !== null) yield { ...sibling, entry }
      // Where it is resting still, its file goes on as another source: another topic was asked for.
      if (sibling === null ? !this.#waitsFor(checkpoint, siblings) : ledger.isResting(checkpoint))
        this.#becomes('finished', checkpoint)
    }
  }

  /** What an entry does not match was not asked for, but where it was matched before it was renamed. */
  #isSought({ state, path }: Checkpoint, entry: PlanEntry): boolean {
    return state === 'lost' || matches(entry, path)
  }

  /** Whether one of its folders is away, and not for too long: folders that are deleted look the same. */
  #waitsFor(checkpoint: Checkpoint, siblings: Siblings): boolean {
    const { clock, forgetMs } = this.#options
    if (!isAway(checkpoint, checkpoint, siblings)) return false
    const upFor = clock.monotonic() - this.#startedAt
    // Counted from when it was first seen to be away, also over further starts.
    if (checkpoint.state === 'active') this.#becomes('lost', checkpoint)
    else if (clock.now() - checkpoint.seenMs >= forgetMs && upFor >= Math.min(forgetMs, anewMs)) return false
    this.#note(checkpoint, siblings)
    return true
  }

  #becomes(state: 'lost' | 'finished', checkpoint: Checkpoint): void {
    const { ledger, clock } = this.#options
    ledger.amend(checkpoint, { ...checkpoint, state, seenMs: clock.now() })
  }

  #note(place: Place, siblings: Siblings): void {
    for (const folder of pathsOf(place).map(dirname)) this.#away.set(folder, siblings.lookOf(folder))
    this.#dueAt = Math.min(this.#dueAt, this.#options.clock.monotonic() + anewMs)
  }
}

/** Whether a folder in which the file would be is away, so that nothing can be said of it. */
function isAway(place: Place, { dev }: Identity, siblings: Siblings): boolean {
  // The folder of a link may be on another device than what it leads to.
  return siblings.isLost(place) || siblings.lookOf(dirname(place.realPath ?? place.path)) !== String(dev)
}
