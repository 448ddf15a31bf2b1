import { basename, dirname, extname } from 'node:path'
import type { Clock } from '@logpipe/runtime'
import { join } from '../finder.ts'
import { lookAt, type Sibling } from '../siblings.ts'

/** Files that are opened in search of one copy, at most. */
const maxCopies = 128
/** A folder is looked at again when so many times as long as the look took have passed: many files may be cut at once. */
const restFactor = 10

interface Folder {
  /** By path. */
  readonly sorted: readonly Sibling[]
  readonly again: number
}

/**
 * Finds files that are named as rotation names the copies of a file, such that no glob matches among them. Others of a folder may begin with
 * the same header, and nobody asked for them.
 */
export class Copies {
  readonly #clock: Clock
  readonly #folders = new Map<string, Folder>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Files of `leastBytes` and more that may be copies of the one at `path`, the likeliest first. */
  of(path: string, leastBytes: number): Sibling[] {
    const folder = dirname(path)
    const { sorted } = this.#look(folder)
    const prefix = join(folder, stemOf(path))
    const copies: Sibling[] = []
    for (let at = lowerBound(sorted, prefix); at < sorted.length; at++) {
      const sibling = sorted[at] as Sibling
      if (!sibling.path.startsWith(prefix)) break
      if (sibling.stat.size >= leastBytes && isKindred(path, sibling.path)) copies.push(sibling)
    }
    // The copy was written last.
    return copies.sort((a, b) => Number(b.stat.mtimeNs - a.stat.mtimeNs)).slice(0, maxCopies)
  }

  /** What was seen is forgotten: the next question looks anew. */
  refresh(): void {
    this.#folders.clear()
  }

  #look(path: string): Folder {
    const known = this.#folders.get(path)
    if (known !== undefined && this.#clock.monotonic() < known.again) return known
    const began = performance.now()
    const sorted = [...lookAt(path).values()].flat().sort((a, b) => (a.path < b.path ? -1 : 1))
    const again = this.#clock.monotonic() + (performance.now() - began) * restFactor
    const folder = { sorted, again }
    this.#folders.set(path, folder)
    return folder
  }
}

/** Whether a file is named as rotation names copies of `path`: app.log.1, app.log-20260101, app-20260101.log, app.1.log. */
export function isKindred(path: string, copy: string): boolean {
  const [name, other] = [basename(path), basename(copy)]
  if (other === name) return false
  return other.startsWith(name) || (other.startsWith(stemOf(path)) && /\d/.test(other.slice(stemOf(path).length)))
}

function stemOf(path: string): string {
  return basename(path, extname(path))
}

function lowerBound(sorted: readonly Sibling[], path: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as Sibling).path < path) low = middle + 1
    else high = middle
  }
  return low
}
