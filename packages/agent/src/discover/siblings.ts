import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { join } from './finder.ts'
import { type FileStat, type Identity, identityKey, sameFile, statPath } from './identity.ts'

/** Finds a file by its identity among everything in a folder, whatever its name: for files that were renamed out of the globs. */
export class Siblings {
  /** By folder, then by (device, inode). Each folder is looked at once. */
  readonly #folders = new Map<string, Map<string, { path: string; stat: FileStat }>>()

  /** The file that once was at `path`, where it is now; null where its folder does not hold it, or cannot be looked at. */
  find(path: string, identity: Identity): { path: string; stat: FileStat } | null {
    const found = this.#files(dirname(path)).get(identityKey(identity))
    return found !== undefined && sameFile(found.stat, identity) ? found : null
  }

  #files(folder: string): Map<string, { path: string; stat: FileStat }> {
    let files = this.#folders.get(folder)
    if (files !== undefined) return files
    files = new Map()
    this.#folders.set(folder, files)
    for (const name of names(folder)) {
      const path = join(folder, name)
      const stat = look(path)
      if (stat?.kind === 'file') files.set(identityKey(stat), { path, stat })
    }
    return files
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

function look(path: string): FileStat | null {
  try {
    return statPath(path)
  } catch {
    return null
  }
}
