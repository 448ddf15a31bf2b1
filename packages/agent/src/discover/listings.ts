import { type BigIntStats, type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
import { isMissing, statPath } from './identity.ts'

/** What is in a folder. */
export interface Listing {
  /** `linkTarget`: the real path, where it is a symbolic link to a folder. */
  readonly folders: { name: string; linkTarget: string | null }[]
  readonly others: string[]
  /** Those of `others` that are symbolic links. */
  links: Set<string> | null
}

/** A listing that was made, and how the folder looked then. */
interface Made {
  readonly listing: Listing
  readonly stat: BigIntStats
  /** When the folder was first seen to look so, and when it was listed. */
  readonly sameSince: number
  readonly at: number
  /** Number of the scan that used it last. */
  scan: number
}

/** The coarsest clock of a file system that is counted on (FAT and old NFS: 2 s): a change sooner after another one may leave no trace. */
const granuleMs = 3_000
/** A file system may not keep a folder's times at all: then it is seen so late that something came. */
const trustMs = 60_000

/**
 * Lists folders, anew only where one may have changed: it is looked at each time, and its own times tell what came, went or was renamed
 * there. Not so what symbolic links lead to: a folder with links is listed each time. One owner.
 */
export class Listings {
  readonly #made = new Map<string, Made>()
  readonly #now: () => number
  #scan = 0

  /** `now`: monotonic milliseconds of the very time that file systems live in, whatever clock everything else has. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  begin(): void {
    this.#scan++
  }

  /** What is in the folder; null where it is not there. Throws the system's error where it cannot be listed. */
  of(folder: string): Listing | null {
    const now = this.#now()
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return null
    const made = this.#made.get(folder)
    const isSame = made !== undefined && looksTheSame(made.stat, stat)
    if (isSame && made.at - made.sameSince >= granuleMs && now - made.at < trustMs && made.listing.links === null) {
      made.scan = this.#scan
      return made.listing
    }
    const listing = list(folder)
    if (listing === null) return null
    this.#made.set(folder, { listing, stat, sameSince: isSame ? made.sameSince : now, at: now, scan: this.#scan })
    return listing
  }

  /** The scan is over: what it did not ask for is forgotten. */
  end(): void {
    for (const [folder, { scan }] of this.#made) if (scan !== this.#scan) this.#made.delete(folder)
  }
}

/** ctime as well, which nobody can set back. */
function looksTheSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.dev === b.dev
}

function list(folder: string): Listing | null {
  const items = entriesOf(folder)
  if (items === null) return null
  const listing: Listing = { folders: [], others: [], links: null }
  for (const item of items) {
    const { name } = item
    if (item.isDirectory()) {
      listing.folders.push({ name, linkTarget: null })
      continue
    }
    const isLink = item.isSymbolicLink()
    if (isLink) (listing.links ??= new Set()).add(name)
    const linkTarget = isLink ? linkedFolder(folder, name) : null
    if (linkTarget === null) listing.others.push(name)
    else listing.folders.push({ name, linkTarget })
  }
  return listing
}

function entriesOf(folder: string): Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** The folder that a symbolic link leads to, by its real path; null where it leads to none, or back up. */
function linkedFolder(parent: string, name: string): string | null {
  try {
    const path = parent === '/' ? `/${name}` : `${parent}/${name}`
    if (statPath(path)?.kind !== 'folder') return null
    const target = realpathSync(path)
    const leadsUp = `${realpathSync(parent)}/`.startsWith(target === '/' ? '/' : `${target}/`)
    return leadsUp ? null : target
  } catch {
    // Broken or forbidden: looked at again by name, where a glob matches it.
    return null
  }
}
