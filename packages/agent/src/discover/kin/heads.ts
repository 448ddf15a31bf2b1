import { dirname } from 'node:path'
import { type Print, printOf } from '../fingerprint.ts'

/** Something that begins with bytes of which a print is known. */
export interface HeadOwner {
  readonly path: string
}

/** Owners that are looked at for one that fits, at most; those of the same folder, and of a kindred name, first. */
const maxFound = 32
/** Owners of one print that are sorted for that. */
const maxSorted = 1_024
/** Lengths of prints that are tried for one file, the longest first. */
const maxLengths = 64
/** Prints kept of one owner: it may have grown since it was copied. */
const printsKept = 4

/**
 * Finds files by how they begin. Prints have the length that their file had when they were taken (up to 1 KiB), so a file is looked up by its
 * prefixes of all lengths that there are. One owner.
 */
export class HeadIndex<T extends HeadOwner> {
  readonly #byHash = new Map<string, T | Set<T>>()
  readonly #prints = new Map<T, Print[]>()
  /** How many prints there are of each length. */
  readonly #lengths = new Map<number, number>()
  #longestFirst: number[] | null = null

  /** The owner begins with this print too; of earlier ones the oldest are forgotten. */
  add(owner: T, head: Print): void {
    if (head.length === 0) return
    const prints = this.#prints.get(owner)
    if (prints === undefined) this.#prints.set(owner, [head])
    else if (prints.some(({ hash }) => hash === head.hash)) return
    else {
      if (prints.length >= printsKept) this.#forget(owner, prints.shift() as Print)
      prints.push(head)
    }
    const others = this.#byHash.get(head.hash)
    if (others === undefined) this.#byHash.set(head.hash, owner)
    else if (others instanceof Set) others.add(owner)
    else this.#byHash.set(head.hash, new Set([others, owner]))
    this.#count(head.length, 1)
  }

  remove(owner: T): void {
    for (const print of this.#prints.get(owner) ?? []) this.#forget(owner, print)
    this.#prints.delete(owner)
  }

  /** Who else begins as `bytes` do, which are those of `path`; the likeliest first. */
  find(bytes: Buffer, path: string): T[] {
    this.#longestFirst ??= [...this.#lengths.keys()].toSorted((a, b) => b - a)
    const found = new Set<T>()
    let tried = 0
    for (const length of this.#longestFirst) {
      if (length > bytes.length) continue
      if (++tried > maxLengths || found.size >= maxFound) break
      const owners = this.#byHash.get(printOf(bytes, 0, length).hash)
      if (owners === undefined) continue
      for (const owner of owners instanceof Set ? likeliest(owners, path) : [owners]) found.add(owner)
    }
    return [...found].slice(0, maxFound)
  }

  #forget(owner: T, { hash, length }: Print): void {
    const owners = this.#byHash.get(hash)
    if (owners instanceof Set && owners.size > 1) owners.delete(owner)
    else this.#byHash.delete(hash)
    this.#count(length, -1)
  }

  #count(length: number, by: number): void {
    const count = (this.#lengths.get(length) ?? 0) + by
    if (count === by || count === 0) this.#longestFirst = null
    if (count === 0) this.#lengths.delete(length)
    else this.#lengths.set(length, count)
  }
}

function likeliest<T extends HeadOwner>(owners: Set<T>, path: string): T[] {
  const folder = dirname(path)
  const sorted: [kindred: T[], near: T[], far: T[]] = [[], [], []]
  let looked = 0
  for (const owner of owners) {
    if (looked++ >= maxSorted) break
    const nearness = path.startsWith(owner.path) ? 0 : dirname(owner.path) === folder ? 1 : 2
    if (sorted[nearness].length < maxFound) sorted[nearness].push(owner)
  }
  return sorted.flat().slice(0, maxFound)
}
