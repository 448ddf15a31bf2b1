import { readdirSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import type { PlanEntry } from '../plan/compile.ts'
import { type FileStat, isMissing, statPath, unreadable } from './identity.ts'

/** A regular file that an entry matches. */
export interface Found {
  readonly path: string
  readonly stat: FileStat
  readonly entry: PlanEntry
}

/** Something that an entry matches and that is not collected. */
export interface Ignored {
  readonly path: string
  readonly entry: PlanEntry
  /** Why, in a sentence. */
  readonly reason: string
  /** Whether that is a failure: rights, I/O. */
  readonly isFailure: boolean
}

/** What one look at all folders found. */
export interface Scan {
  /** In the order of the plan's entries. */
  readonly found: Found[]
  readonly ignored: Ignored[]
  /** Folders and files that could not be looked at: nothing is known of them and of what is below them. */
  readonly blind: Map<string, string>
}

interface Listing {
  /** `linkTarget`: the real path, where it is a symbolic link to a folder. */
  folders: { name: string; linkTarget: string | null }[]
  others: string[]
}

/** Looks at paths between two pauses. */
const sliceLooks = 200
const maxDepth = 64
/** What is ignored is listed for people: enough of it to understand. */
const ignoredListed = 1_000

/** Looks at all folders that the entries can match. Yields now and then, so that others get their turn. */
export function* findFiles(entries: readonly PlanEntry[]): Generator<undefined, Scan, undefined> {
  const scan: Scan = { found: [], ignored: [], blind: new Map() }
  const listings = new Map<string, Listing | null>()
  // A path is looked at once, also where several entries match it.
  const stats = entries.length > 1 ? new Map<string, FileStat | null>() : null
  let looks = 0
  for (const entry of entries) {
    for (const { folder, listing } of walk(entry, listings, scan)) {
      for (const name of listing.others) {
        const path = join(folder, name)
        if (!entry.glob.matches(path)) continue
        lookAt(path, entry, stats, scan)
        if (++looks % sliceLooks === 0) yield
      }
      yield
    }
  }
  return scan
}

function lookAt(path: string, entry: PlanEntry, stats: Map<string, FileStat | null> | null, scan: Scan): void {
  const ignore = (reason: string, isFailure = false): void => {
    if (scan.ignored.length < ignoredListed) scan.ignored.push({ path, entry, reason, isFailure })
  }
  if (entry.excludes.some((glob) => glob.matches(path))) return ignore('An exclude of its entry matches it.')
  let stat = stats?.get(path)
  if (stat === undefined) {
    try {
      stat = statPath(path)
    } catch (error) {
      const { message } = unreadable(path, error)
      scan.blind.set(path, message)
      return ignore(message, true)
    }
    stats?.set(path, stat)
  }
  if (stat === null) return
  if (stat.kind === 'file') scan.found.push({ path, stat, entry })
  else if (stat.kind === 'other') ignore('It is no regular file (a pipe, a socket or a device).')
}

/** The folders that may hold matches of the entry, with what is in them. */
function* walk(
  entry: PlanEntry,
  listings: Map<string, Listing | null>,
  scan: Scan,
): Generator<{ folder: string; listing: Listing }> {
  const queue = [{ folder: entry.glob.folder, depth: 0 }]
  // A folder is entered through one link only: folders that link to each other would make paths without end.
  const entered = new Set<string>()
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { folder, depth } = next
    let listing = listings.get(folder)
    if (listing === undefined) {
      listing = list(folder, scan)
      listings.set(folder, listing)
    }
    if (listing === null) continue
    yield { folder, listing }
    if (depth >= maxDepth) continue
    for (const { name, linkTarget } of listing.folders) {
      const path = join(folder, name)
      if (!entry.glob.mayEnter(path, name, depth)) continue
      if (linkTarget !== null && entered.has(linkTarget)) continue
      if (linkTarget !== null) entered.add(linkTarget)
      queue.push({ folder: path, depth: depth + 1 })
    }
  }
}

/** What is in the folder; null where it is not there or cannot be listed. */
function list(folder: string, scan: Scan): Listing | null {
  const listing: Listing = { folders: [], others: [] }
  try {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      const { name } = item
      if (item.isDirectory()) listing.folders.push({ name, linkTarget: null })
      else {
        const linkTarget = item.isSymbolicLink() ? linkedFolder(folder, name) : null
        if (linkTarget === null) listing.others.push(name)
        else listing.folders.push({ name, linkTarget })
      }
    }
    return listing
  } catch (error) {
    if (!isMissing(error)) scan.blind.set(folder, unreadable(folder, error).message)
    return null
  }
}

/** The folder that a symbolic link leads to, by its real path; null where it leads to none, or back up. */
function linkedFolder(parent: string, name: string): string | null {
  try {
    const path = join(parent, name)
    if (statPath(path)?.kind !== 'folder') return null
    const target = realpathSync(path)
    const leadsUp = `${realpathSync(parent)}/`.startsWith(target === '/' ? '/' : `${target}/`)
    return leadsUp ? null : target
  } catch {
    // Broken or forbidden: looked at again by name, where a glob matches it.
    return null
  }
}

/** Whether the scan could not look at the path or at a folder above it. */
export function isBlind({ blind }: Scan, path: string): boolean {
  if (blind.size === 0) return false
  for (let at = path; ; at = dirname(at)) {
    if (blind.has(at)) return true
    if (at === '/' || at === '.') return false
  }
}

export function join(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}
