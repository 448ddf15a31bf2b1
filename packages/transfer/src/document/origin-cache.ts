import { KnownBytes } from './known-bytes.ts'
import type { Origin } from './origin.ts'
import { Words } from './words.ts'

/** A header of ours has a few hundred bytes; thousands of those that others may send would fill the memory. */
const maxKeptBytes = 16_384

interface Entry<T> {
  topic: string
  header: KnownBytes
  origin: T | null
}

/**
 * Remembers what `make` made of each distinct `source` header, also that it was none of ours. Found by the bytes, without
 * making a string or object; bounded, the longest unused is forgotten first, a huge one with the next. Headers whose hashes meet displace each other,
 * which costs time only.
 */
export class OriginCache<T = Origin> {
  readonly #limit: number
  readonly #make: (header: Buffer, topic: string) => T | null
  readonly #entries = new Map<number, Entry<T>>()
  /** Records of one file mostly come in runs. */
  #last: Entry<T> | null = null
  readonly #words = new Words()

  constructor(limit: number, make: (header: Buffer, topic: string) => T | null) {
    this.#limit = limit
    this.#make = make
  }

  get size(): number {
    return this.#entries.size
  }

  /** What the header `buffer[start, end)` of a record of `topic` means. */
  find(topic: string, buffer: Buffer, start: number, end: number): T | null {
    const last = this.#last
    if (last !== null && this.#matches(last, topic, buffer, start, end)) return last.origin
    const hash = hashOf(buffer, start, end)
    let entry = this.#entries.get(hash)
    this.#entries.delete(hash)
    if (entry === undefined || !this.#matches(entry, topic, buffer, start, end)) {
      const header = Buffer.from(buffer.subarray(start, end))
      entry = { topic, header: new KnownBytes(header), origin: this.#make(header, topic) }
    }
    this.#last = entry
    if (end - start > maxKeptBytes) return entry.origin
    // Set anew, so that the map's order is that of last use.
    this.#entries.set(hash, entry)
    if (this.#entries.size > this.#limit) this.#forgetOldest()
    return entry.origin
  }

  #matches({ header, topic: itsTopic }: Entry<T>, topic: string, buffer: Buffer, start: number, end: number): boolean {
    return itsTopic === topic && header.equals(buffer, this.#words.of(buffer), start, end)
  }

  #forgetOldest(): void {
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }
}

/** FNV-1a, 32 bits. */
function hashOf(buffer: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (buffer[i] as number), 0x01000193)
  return hash
}
