import type { Clock } from '@logpipe/runtime'
import { sleep } from '@logpipe/runtime'
import { emptyScan, findFiles, type Scan } from '../discover/finder.ts'
import { Listings } from '../discover/listings.ts'
import type { Roots } from '../discover/roots.ts'
import { Sightings } from '../discover/sightings.ts'
import type { PlanEntry } from '../plan/compile.ts'

/** Found or walked through, at most: a glob may mean the whole disk. */
const maxFiles = 10_000
const maxFolders = 10_000
/** Work between two pauses. */
const sliceMs = 10

/** Works for half of the time at most, so that collecting goes on beside it. One owner. */
export class Pace {
  readonly #clock: Clock
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.monotonic()
  }

  /** Resolves when work may go on: at once, or after a pause as long as the work since the last one. Never rejects. */
  async rest(signal: AbortSignal): Promise<void> {
    const workedMs = this.#clock.monotonic() - this.#since
    if (workedMs < sliceMs) return
    await sleep(workedMs, signal).catch(() => undefined)
    this.#since = this.#clock.monotonic()
  }
}

/** What an entry matches now; `isComplete`: whether all folders were looked at before `signal` aborted or there was too much. */
export async function look(
  entry: PlanEntry,
  roots: Roots,
  pace: Pace,
  signal: AbortSignal,
): Promise<Scan & { isComplete: boolean }> {
  const scan = emptyScan()
  const steps = findFiles([entry], roots, new Sightings(), new Listings(), scan)
  for (;;) {
    const { done } = steps.next()
    if (done === true) return { ...scan, isComplete: true }
    if (signal.aborted || scan.found.length >= maxFiles || scan.folders.size >= maxFolders) {
      return { ...scan, isComplete: false }
    }
    await pace.rest(signal)
  }
}
