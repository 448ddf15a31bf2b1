import { GzipUnpacker } from './gzip.ts'
import { PackedInput } from './input.ts'
import type { PackedKind } from './kind.ts'
import type { Unpacker } from './unpacker.ts'
import { Window } from './window.ts'
import { ZstdUnpacker } from './zstd.ts'

/** Bytes that one call unpacks, or reads packed, at most beside those it was asked for: so no file holds up the others. */
const callBytes = 8 * 1_048_576

/** What one read gave, and what stands behind it. */
export interface PackedRead {
  /** Unpacked bytes that were copied. */
  readonly got: number
  /**
   * `more`: ask again, even where nothing came: there was a long way to `position`. `end`: the file is whole and this is its end.
   * `incomplete`: the packed file ends in the middle; ask again when it has grown. `broken`: what follows cannot be unpacked.
   */
  readonly state: 'more' | 'end' | 'incomplete' | 'broken'
  /** Why it is broken, as the end of a sentence. */
  readonly reason?: string
}

/**
 * Reads a packed file by positions in what it holds. Going on where the last read ended costs only the unpacking; going back up to
 * `windowBytes` before the furthest read costs nothing, further back unpacks from the beginning. Holds about 0.5 MiB (and, for zstd, the window
 * that the file asks for, at most 128 MiB), whatever it unpacks to; the work is done off the main thread.
 *
 * Bytes are given as they are unpacked: damage that only a checksum at the end of their member or frame shows is known after them. So only
 * `end` says that all was as it was packed.
 *
 * One owner, one call at a time, but `close`. The descriptor stays the caller's.
 */
export class PackedReader {
  readonly #fd: number
  readonly #kind: PackedKind
  readonly #window = new Window()
  #input: PackedInput
  #unpacker: Unpacker
  /** Unpacked and not read. */
  #chunk: Buffer | null = null
  /** Position behind what was read or passed over. */
  #end = 0
  #isClosed = false

  constructor(fd: number, kind: PackedKind) {
    this.#fd = fd
    this.#kind = kind
    this.#input = new PackedInput(fd)
    this.#unpacker = this.#makeUnpacker()
  }

  /** Copies up to `length` unpacked bytes from `position` on to the beginning of `into`. Rejects with the system's error alone. */
  async read(position: number, into: Buffer, length: number): Promise<PackedRead> {
    if (position < this.#end - this.#window.length) this.#startOver()
    let got = position < this.#end ? this.#window.copy(this.#end - position, into, length) : 0
    this.#input.allow(callBytes)
    let passed = 0
    while (got < length) {
      if (this.#isClosed) return { got, state: 'broken', reason: 'it was closed' }
      if (this.#chunk === null) {
        const unpacked = await this.#unpacker.next()
        if (unpacked === 'paused') break
        if (typeof unpacked === 'string') {
          const { reason } = this.#unpacker
          return unpacked === 'broken' ? { got, state: unpacked, reason } : { got, state: unpacked }
        }
        this.#chunk = unpacked
      }
      const ahead = position - this.#end
      if (ahead > 0) {
        passed += this.#advance(this.#chunk, ahead)
        if (passed >= callBytes) break
      } else {
        this.#chunk.copy(into, got, 0, length - got)
        got += this.#advance(this.#chunk, length - got)
      }
    }
    return { got, state: 'more' }
  }

  /** Frees everything at once; a read under way ends as broken. */
  close(): void {
    this.#isClosed = true
    this.#chunk = null
    this.#unpacker.close()
  }

  /** Moves on by up to `count` bytes of the chunk; returns how many. */
  #advance(chunk: Buffer, count: number): number {
    const taken = chunk.subarray(0, count)
    this.#window.append(taken)
    this.#chunk = taken.length < chunk.length ? chunk.subarray(taken.length) : null
    this.#end += taken.length
    return taken.length
  }

  #startOver(): void {
    this.#unpacker.close()
    this.#input = new PackedInput(this.#fd)
    this.#unpacker = this.#makeUnpacker()
    this.#window.clear()
    this.#chunk = null
    this.#end = 0
  }

  #makeUnpacker(): Unpacker {
    return this.#kind === 'gzip' ? new GzipUnpacker(this.#input) : new ZstdUnpacker(this.#input)
  }
}
