import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { join } from './finder.ts'
import { type FileStat, type Identity, identityKey, sameFile, statPath } from './identity.ts'

/** A file of a folder, as it was seen. */
export interface Sibling {
  readonly path: string
  readonly stat: FileStat
}

/** What one look at a folder showed, by (device, inode). */
export type Look = ReadonlyMap<string, Sibling>

interface Folder {
  look: Look
  /** Whether two looks in a row were the same: then what is not in it is not in the folder. */
  isCertain: boolean
}

/** Looks at a folder that does not come to rest. */
const maxLooks = 10

/** Finds a file by its identity among everything in a folder, whatever its name: for files that were renamed out of the globs. */
export class Siblings {
  /** Each folder is looked at once, or until it is certain, where something is not found. */
  readonly #folders = new Map<string, Folder>()
  readonly #look: (folder: string) => Look

  constructor(look = lookAt) {
    this.#look = look
  }

  /** The file that once was at `path`, where it is now; null where its folder does not hold it, or cannot be looked at. */
  find(path: string, identity: Identity): Sibling | null {
    const folder = dirname(path)
    const key = identityKey(identity)
    let seen = this.#folders.get(folder) ?? { look: this.#look(folder), isCertain: false }
    if (!seen.look.has(key) && !seen.isCertain) seen = this.#lookOn(folder, seen.look)
    this.#folders.set(folder, seen)
    const found = seen.look.get(key)
    return found !== undefined && sameFile(found.stat, identity) ? found : null
  }

  /**
   * A look takes time: a file that is renamed meanwhile, from a name still to come to one already passed, is missed. Two looks that
   * are the same show the folder as it was between them. Where it does not come to rest, what any look showed counts as there.
   */
  #lookOn(folder: string, first: Look): Folder {
    const all = new Map(first)
    let before = first
    for (let looks = 1; looks < maxLooks; looks++) {
      const look = this.#look(folder)
      if (isSame(before, look)) return { look, isCertain: true }
      for (const [key, sibling] of look) all.set(key, sibling)
      before = look
    }
    return { look: all, isCertain: true }
  }
}

function isSame(a: Look, b: Look): boolean {
  return a.size === b.size && [...a].every(([key, { path }]) => b.get(key)?.path === path)
}

/** One look at all regular files of a folder; empty where it cannot be listed. */
export function lookAt(folder: string): Look {
  const files = new Map<string, Sibling>()
  for (const name of names(folder)) {
    const path = join(folder, name)
    const stat = statOrNull(path)
    if (stat?.kind === 'file') files.set(identityKey(stat), { path, stat })
  }
  return files
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Not there, or not for us: the scan says so where it matters.
    return []
  }
}

/** A look at a path; null where nothing is there, or where we may not look. */
export function statOrNull(path: string): FileStat | null {
  try {
    return statPath(path)
  } catch {
    return null
  }
}
