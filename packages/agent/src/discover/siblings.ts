import { accessSync, constants, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { join } from './finder.ts'
import { type FileStat, type Identity, isSameBeyondReboot, sameFile, statPath } from './identity.ts'
import { type Place, pathsOf } from './place.ts'

/** A file of a folder, as it was seen. */
export interface Sibling {
  readonly path: string
  readonly stat: FileStat
}

/** What one look at a folder showed, by inode: most folders hold files of one device. */
export type Look = ReadonlyMap<bigint, readonly Sibling[]>

interface Folder {
  look: Look
  /** Whether two looks in a row were the same: then what is not in it is not in the folder. */
  isCertain: boolean
}

/** How folders look that are not there, or not for us. */
const lost = ['missing', 'forbidden']

/** Looks at a folder that does not come to rest. */
const maxLooks = 10

/** Finds a file by its identity among everything in a folder, whatever its name: for files that were renamed out of the globs. */
export class Siblings {
  /** Each folder is looked at once, or until it is certain, where something is not found. */
  readonly #folders = new Map<string, Folder>()
  readonly #looks = new Map<string, string>()
  readonly #look: (folder: string) => Look

  constructor(look = lookAt) {
    this.#look = look
  }

  /**
   * The file that once was at this place, where it is now; null where its folders do not hold it, or cannot be looked at. `over a reboot`: its device may have another
   * number than it had.
   */
  find(place: Place, identity: Identity, when: 'now' | 'over a reboot' = 'now'): Sibling | null {
    const isIt = when === 'now' ? sameFile : isSameBeyondReboot
    for (const path of pathsOf(place)) {
      const found = this.#findIn(dirname(path), identity, isIt)
      if (found !== null) return found
    }
    return null
  }

  /** Whether a folder of that place is not there, or not for us. */
  isLost(place: Place): boolean {
    return pathsOf(place).some((path) => lost.includes(this.lookOf(dirname(path))))
  }

  /**
   * What can be told of a folder without listing it: its device, where it is there and may be listed; else a word. As it was before anything was
   * found in it: should it come between the two, the next ones see that it has changed.
   */
  lookOf(folder: string): string {
    const known = this.#looks.get(folder)
    if (known !== undefined) return known
    const look = lookOf(folder)
    this.#looks.set(folder, look)
    return look
  }

  #findIn(folder: string, identity: Identity, isIt: typeof sameFile): Sibling | null {
    const among = (look: Look): Sibling | null =>
      look.get(identity.ino)?.find(({ stat }) => isIt(stat, identity)) ?? null
    this.lookOf(folder)
    let seen = this.#folders.get(folder) ?? { look: this.#look(folder), isCertain: false }
    let found = among(seen.look)
    if (found === null && !seen.isCertain) {
      seen = this.#lookOn(folder, seen.look)
      found = among(seen.look)
    }
    this.#folders.set(folder, seen)
    return found
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
      for (const [ino, siblings] of look) all.set(ino, siblings)
      before = look
    }
    return { look: all, isCertain: true }
  }
}

function isSame(a: Look, b: Look): boolean {
  const isThere = (ino: bigint, { path, stat }: Sibling): boolean =>
    b.get(ino)?.some((other) => other.path === path && other.stat.dev === stat.dev) ?? false
  return (
    a.size === b.size &&
    [...a].every(([ino, all]) => all.length === b.get(ino)?.length && all.every((one) => isThere(ino, one)))
  )
}

/** One look at all regular files of a folder; empty where it cannot be listed. */
export function lookAt(folder: string): Look {
  const files = new Map<bigint, Sibling[]>()
  for (const name of names(folder)) {
    const path = join(folder, name)
    const stat = statOrNull(path)
    if (stat?.kind !== 'file') continue
    const others = files.get(stat.ino)
    if (others === undefined) files.set(stat.ino, [{ path, stat }])
    else others.push({ path, stat })
  }
  return files
}

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

/** Whether the path leads to that file. */
export function isAt(path: string, identity: Identity): boolean {
  const stat = statOrNull(path)
  return stat !== null && sameFile(stat, identity)
}
