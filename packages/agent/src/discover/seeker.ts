import { accessSync, constants } from 'node:fs'
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
import { type Siblings, statOrNull } from './siblings.ts'

export interface SeekerOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** So long a folder that is away is waited for. */
  readonly forgetMs: number
}

/** What is away for good must end some time, also where nothing about its folder changes. */
const anewMs = 3_600_000

/**
 * Seeks files that nobody collects, are not at their end, and are at no path that entries match: renamed while nobody looked. Once for each plan, and again when a folder
 * is back that was away: not mounted, moved, or not for us.
 */
export class Seeker {
  readonly #options: SeekerOptions
  readonly #startedMs: number
  #isDue = false
  #dueAt = Infinity
  /** Folders that were away, by how they looked. */
  readonly #away = new Map<string, string>()
  /** Paths at which the last scan, or one before, saw nothing. */
  readonly #unseen = new Set<string>()

  constructor(options: SeekerOptions) {
    this.#options = options
    this.#startedMs = options.clock.now()
  }

  /** Something has come to rest that is to be sought. */
  hurry(): void {
    this.#isDue = true
  }

  /** What is a file that is not to be found, and read as far as it was: sought again only where it may be back with its folder. */
  endOf(source: Source): 'lost' | 'finished' {
    return isAway(source, source.identity) ? 'lost' : 'finished'
  }

  /** Whether there is something to seek that was not there before. */
  isDue(scan: Scan): boolean {
    if (this.#isDue || this.#options.clock.monotonic() >= this.#dueAt) return true
    for (const [folder, look] of this.#away) if (lookOf(folder) !== look) return true
    for (const path of this.#unseen) if (!isBlind(scan, path)) return true
    return false
  }

  /** The files that were found, with who is to collect them. Of the others those are given up whose folders are there. */
  *seek(scan: Scan, heirs: Heirs, siblings: Siblings): Generator<Found> {
    const { ledger, clock } = this.#options
    this.#isDue = false
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
      const sibling = siblings.find(checkpoint, checkpoint)
      if (sibling !== null) yield { ...sibling, entry }
      else if (!this.#waitsFor(checkpoint))
        ledger.amend(checkpoint, { ...checkpoint, state: 'finished', seenMs: clock.now() })
    }
    this.#dueAt = this.#away.size === 0 ? Infinity : clock.monotonic() + anewMs
  }

  /** What an entry does not match was not asked for, but where it was matched before it was renamed. */
  #isSought({ state, path }: Checkpoint, entry: PlanEntry): boolean {
    return state === 'lost' || matches(entry, path)
  }

  /** Whether one of its folders is away, and not for too long: folders that are deleted look the same. */
  #waitsFor(checkpoint: Checkpoint): boolean {
    const { clock, forgetMs } = this.#options
    if (!isAway(checkpoint, checkpoint)) return false
    if (clock.now() - Math.max(checkpoint.seenMs, this.#startedMs) >= forgetMs) return false
    for (const folder of pathsOf(checkpoint).map(dirname)) this.#away.set(folder, lookOf(folder))
    return true
  }
}

/** Whether a folder in which the file would be is away, so that nothing can be said of it. */
function isAway(place: Place, { dev }: Identity): boolean {
  return pathsOf(place).some((path) => lookOf(dirname(path)) !== String(dev))
}

/** What can be told of a folder without listing it: its device, where it is there and may be listed. */
function lookOf(folder: string): string {
  const stat = statOrNull(folder)
  if (stat?.kind !== 'folder') return 'missing'
  try {
    accessSync(folder, constants.R_OK | constants.X_OK)
    return String(stat.dev)
  } catch {
    return 'forbidden'
  }
}
