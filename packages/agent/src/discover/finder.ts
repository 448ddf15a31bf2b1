import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import type { PlanEntry } from '../plan/compile.ts'
import { type FileStat, isMissing, statPath, unreadable } from './identity.ts'
import { type Listing, Listings } from './listings.ts'
import { outsideReason, Roots } from './roots.ts'
import { type Sighting, Sightings } from './sightings.ts'

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
  /** `failure`: rights, I/O. `odd`: whoever wrote the entry may not expect it; the log says it once. */
  readonly kind: 'failure' | 'odd' | 'plain'
  /** Id of the entry that collects it, for the same topic. */
  readonly owner?: string
}

/** What one look at all folders found. */
export interface Scan {
  /** In the order of the plan's entries. */
  readonly found: Found[]
  readonly ignored: Ignored[]
  /** Folders that were looked at. */
  readonly folders: Set<string>
  /** Folders and files that could not be looked at: nothing is known of them and of what is below them. */
  readonly blind: Map<string, string>
}

/** What a scan has in hand. */
interface Looking {
  readonly scan: Scan
  readonly roots: Roots
  readonly listings: Listings
  /** Of this scan, so that each folder is asked for once. */
  readonly listed: Map<string, Listing | null>
  /** Where several entries may match a path, it is looked at once. */
  readonly stats: Map<string, FileStat | null> | null
}

/** A folder that may hold matches, with what is in it. */
interface Walked {
  readonly folder: string
  readonly listing: Listing
  /** Whether its files may be collected; else it only leads to folders whose files may. */
  readonly isInside: boolean
}

/** Looks at paths between two pauses. */
const sliceLooks = 200
const maxDepth = 64
/** What is ignored and listed in /files, at most. */
const ignoredListed = 100_000

/** A scan that has not found anything yet. */
export function emptyScan(): Scan {
  return { found: [], ignored: [], folders: new Set(), blind: new Map() }
}

/**
 * Looks at all folders that the entries can match. Yields now and then, so that others get their turn. `sightings`, `listings`: of the
 * scans before, of the same caller. `scan`: where what is found is put, for who may stop before the end.
 */
export function* findFiles(
  entries: readonly PlanEntry[],
  roots = new Roots(['/']),
  sightings = new Sightings(),
  listings = new Listings(),
  scan = emptyScan(),
): Generator<undefined, Scan> {
  roots.refresh()
  sightings.begin()
  listings.begin()
  const looking = { scan, roots, listings, listed: new Map(), stats: entries.length > 1 ? new Map() : null }
  let looks = 0
  for (const entry of entries) {
    for (const { folder, listing, isInside } of walk(entry, looking)) {
      const known = sightings.folder(entry, folder)
      for (const name of listing.others) {
        let sighting = known.get(name)
        if (sighting === undefined) {
          const path = join(folder, name)
          if (!entry.glob.matches(path)) continue
          sighting = { path, isExcluded: isExcluded(path, entry), found: null, scan: 0 }
          known.set(name, sighting)
        }
        sightings.seen(sighting)
        const { path } = sighting
        const isLink = listing.links?.has(name) === true
        if (isInside && (!isLink || leadsInside(path, roots))) lookAt(sighting, entry, looking, isLink)
        else ignoreOutside(path, entry, scan)
        if (++looks % sliceLooks === 0) yield
      }
      for (const { name } of listing.folders) {
        const path = join(folder, name)
        if (!entry.glob.matches(path) || isExcluded(path, entry)) continue
        ignore(path, entry, "It is a folder; add what is in it, for instance '/*'.", scan)
      }
      yield
    }
  }
  sightings.end()
  listings.end()
  return scan
}

/** Whether the entry means what stands at this path. */
export function matches(entry: PlanEntry, path: string): boolean {
  return entry.glob.matches(path) && !isExcluded(path, entry)
}

function isExcluded(path: string, entry: PlanEntry): boolean {
  return entry.excludes.some((glob) => glob.matches(path))
}

function ignore(path: string, entry: PlanEntry, reason: string, scan: Scan, kind: Ignored['kind'] = 'odd'): void {
  if (scan.ignored.length < ignoredListed) scan.ignored.push({ path, entry, reason, kind })
}

/** Nothing is known of it: also what was collected there before is not looked for. */
function ignoreOutside(path: string, entry: PlanEntry, scan: Scan): void {
  scan.blind.set(path, `${path} is not collected: ${outsideReason}`)
  ignore(path, entry, outsideReason, scan, 'plain')
}

/** Names come to us as texts: of bytes that are no UTF-8 something else is left, which is not there. */
function isMisnamed(path: string): boolean {
  return path.includes('\ufffd')
}

const misnamedReason = 'Its name is no UTF-8, so it cannot be opened; rename it (convmv does that for whole folders).'

function lookAt(sighting: Sighting, entry: PlanEntry, { stats, scan }: Looking, isLink: boolean): void {
  const { path, found: known } = sighting
  if (sighting.isExcluded) {
    return ignore(path, entry, 'An exclude of its entry matches it.', scan, 'plain')
  }
  let stat = stats?.get(path)
  if (stat === undefined) {
    try {
      stat = statPath(path, known?.stat)
    } catch (error) {
      const { message } = unreadable(path, error)
      scan.blind.set(path, message)
      return ignore(path, entry, message, scan, 'failure')
    }
    stats?.set(path, stat)
  }
  sighting.found = null
  if (stat === null) {
    if (isMisnamed(path)) ignore(path, entry, misnamedReason, scan)
    else if (isLink) ignore(path, entry, 'It is a symbolic link that leads nowhere.', scan)
    return
  }
  if (stat.kind === 'file') {
    sighting.found = stat === known?.stat ? known : { path, stat, entry }
    scan.found.push(sighting.found)
  } else if (stat.kind === 'other') {
    ignore(path, entry, 'It is no regular file (a pipe, a socket or a device).', scan)
  }
}

/** The folders that may hold matches of the entry, with what is in them. */
function* walk(entry: PlanEntry, looking: Looking): Generator<Walked> {
  const { scan, roots, listed } = looking
  const base = entry.glob.folder
  const queue = [{ folder: base, depth: 0, real: roots.isAll ? base : realOrSame(base) }]
  // A folder is entered through one link only: folders that link to each other would make paths without end.
  const entered = new Set<string>()
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { folder, depth, real } = next
    const isInside = roots.isAll || roots.allows(folder, real)
    if (!isInside && !roots.leadsFrom(folder)) {
      ignoreOutside(folder, entry, scan)
      continue
    }
    let listing = listed.get(folder)
    if (listing === undefined) {
      listing = list(folder, looking)
      listed.set(folder, listing)
    }
    if (listing === null) {
      const reason = scan.blind.get(folder)
      if (reason !== undefined) ignore(folder, entry, reason, scan, 'failure')
      else if (isMisnamed(folder)) ignore(folder, entry, misnamedReason, scan)
      continue
    }
    scan.folders.add(folder)
    yield { folder, listing, isInside }
    if (depth >= maxDepth) continue
    for (const { name, linkTarget } of listing.folders) {
      const path = join(folder, name)
      if (!entry.glob.mayEnter(path, name, depth)) continue
      if (linkTarget !== null && entered.has(linkTarget)) continue
      if (linkTarget !== null) entered.add(linkTarget)
      queue.push({ folder: path, depth: depth + 1, real: linkTarget ?? join(real, name) })
    }
  }
}

function leadsInside(path: string, roots: Roots): boolean {
  return roots.isAll || roots.allows(path, realOrSame(path))
}

/** The real path; the path itself where it leads nowhere, which shows when it is looked at. */
function realOrSame(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** What is in the folder; null where it is not there or cannot be listed. */
function list(folder: string, { scan, listings }: Looking): Listing | null {
  try {
    return listings.of(folder)
  } catch (error) {
    if (!isMissing(error)) scan.blind.set(folder, unreadable(folder, error).message)
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
