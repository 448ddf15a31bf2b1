import { readAt } from '../read-buffer.ts'

const inputBytes = 65_536

/** What came of reading on: bytes, the file's end (for now), or the budget was used up. */
export type Filled = 'filled' | 'atEnd' | 'paused'

/** The packed bytes of an open file, in order, through one small buffer. One owner. */
export class PackedInput {
  readonly bytes = Buffer.allocUnsafeSlow(inputBytes)
  /** What has been read and not taken: `bytes[start, end)`. */
  start = 0
  end = 0
  readonly #fd: number
  #position = 0
  #budget = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  get length(): number {
    return this.end - this.start
  }

  get isFull(): boolean {
    return this.length === this.bytes.length
  }

  /** Allows so many more bytes to be read until `fill` pauses. */
  allow(bytes: number): void {
    this.#budget = bytes
  }

  /** Reads on behind what is there. Rejects with the system's error. What was taken is no longer valid afterwards. */
  async fill(): Promise<Filled> {
    if (this.#budget <= 0) return 'paused'
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end)
      this.end -= this.start
      this.start = 0
    }
    const room = this.bytes.subarray(this.end)
    const count = await readAt(this.#fd, room, this.#position, room.length)
    this.#position += count
    this.#budget -= count
    this.end += count
    return count === 0 ? 'atEnd' : 'filled'
  }

  /** The next `count` bytes, which count as taken. Valid until the next `fill`. */
  take(count: number): Buffer {
    const taken = this.bytes.subarray(this.start, this.start + count)
    this.start += count
    return taken
  }

  /** Puts back the last `count` bytes that were taken since the last `fill`. */
  putBack(count: number): void {
    this.start -= count
  }
}
