import { headBytes } from '../../discover/fingerprint.ts'
import type { PackedKind } from './kind.ts'
import { type PackedRead, PackedReader } from './reader.ts'

/** What a packed file holds, read on from where the last read began: what was not taken comes again without unpacking it again. One owner. */
export class PackedContent {
  readonly fd: number
  readonly #reader: PackedReader
  #head: Buffer | null = null
  /** What the last read gave. */
  #kept = Buffer.alloc(0)
  #keptAt = 0
  #keptBytes = 0

  constructor(fd: number, kind: PackedKind) {
    this.fd = fd
    this.#reader = new PackedReader(fd, kind)
  }

  /** The first bytes, up to 1 KiB, as far as they are there. To be asked before anything else is read. */
  async head(): Promise<{ bytes: Buffer; state: PackedRead['state']; reason?: string }> {
    if (this.#head !== null) return { bytes: this.#head, state: 'more' }
    const into = Buffer.allocUnsafe(headBytes)
    const read = await this.read(0, into, headBytes)
    const bytes = into.subarray(0, read.got)
    if (read.got === headBytes || read.state === 'end') this.#head = bytes
    return { ...read, bytes }
  }

  /** As `PackedReader.read`. */
  async read(position: number, into: Buffer, length: number): Promise<PackedRead> {
    const skip = position - this.#keptAt
    const isKept = skip >= 0 && skip < this.#keptBytes
    const known = isKept ? this.#kept.copy(into, 0, skip, Math.min(this.#keptBytes, skip + length)) : 0
    if (known === length) return { got: length, state: 'more' }
    const read = await this.#reader.read(position + known, into.subarray(known, length), length - known)
    const got = known + read.got
    this.#keep(position, into, got)
    return { ...read, got }
  }

  close(): void {
    this.#reader.close()
  }

  #keep(position: number, bytes: Buffer, length: number): void {
    if (this.#kept.length < length) this.#kept = Buffer.allocUnsafeSlow(length)
    bytes.copy(this.#kept, 0, 0, length)
    this.#keptAt = position
    this.#keptBytes = length
  }
}
