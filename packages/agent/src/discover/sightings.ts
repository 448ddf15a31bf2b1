import type { PlanEntry } from '../plan/compile.ts'
import type { Found } from './finder.ts'

/** A path that an entry matches, as it was seen last. */
export interface Sighting {
  readonly path: string
  readonly isExcluded: boolean
  /** Null where it was no regular file. */
  found: Found | null
  /** Number of the scan that saw it last. */
  scan: number
}

/** What one folder showed of one entry, by name. */
type FolderSightings = Map<string, Sighting>

/**
 * What the last scan saw, so that the next one makes new objects only of what has changed: most files are quiet, and thousands of new objects
 * with each scan keep the garbage collector busier than the scan is. Saves no look at any file. One owner.
 */
export class Sightings {
  #entries = new Map<PlanEntry, Map<string, FolderSightings>>()
  #scan = 0

  begin(): void {
    this.#scan++
  }

  /** What the folder showed last. */
  folder(entry: PlanEntry, folder: string): FolderSightings {
    let folders = this.#entries.get(entry)
    if (folders === undefined) this.#entries.set(entry, (folders = new Map()))
    let sightings = folders.get(folder)
    if (sightings === undefined) folders.set(folder, (sightings = new Map()))
    return sightings
  }

  /** It was seen again. */
  seen(sighting: Sighting): void {
    sighting.scan = this.#scan
  }

  /** The scan is over: what it did not see is forgotten. */
  end(): void {
    for (const [entry, folders] of this.#entries) {
      for (const [folder, sightings] of folders) {
        for (const [name, { scan }] of sightings) if (scan !== this.#scan) sightings.delete(name)
        if (sightings.size === 0) folders.delete(folder)
      }
      if (folders.size === 0) this.#entries.delete(entry)
    }
  }
}
