import type { Transform } from 'node:stream'

/** What zlib's streams are beside streams: they count what they have consumed. */
export interface CountingTransform extends Transform {
  readonly bytesWritten: number
}

/**
 * Drives one of zlib's streams by hand: bytes in, chunks out, nothing held but one chunk. The work is done off the main thread. One
 * owner, one call at a time.
 */
export class Decompressor {
  /** What is wrong with the bytes; null while nothing is. */
  error: Error | null = null
  readonly #stream: CountingTransform
  #given = 0
  #isWriting = false
  #isClosed = false
  #wake: (() => void) | null = null

  constructor(stream: CountingTransform) {
    this.#stream = stream
    stream.on('readable', () => this.#signal())
    stream.on('error', (error: Error) => {
      this.error ??= error
      this.#signal()
    })
  }

  /** Gives it bytes, which must stay as they are until `next` resolves to null, and must not be given before. */
  write(bytes: Buffer): void {
    this.#given += bytes.length
    this.#isWriting = true
    this.#stream.write(bytes, () => {
      this.#isWriting = false
      this.#signal()
    })
  }

  /** The next unpacked bytes; null where there are none until it is given more, or for ever: it has ended, failed or was closed. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#isClosed || this.error !== null) return null
      const chunk = this.#stream.read() as Buffer | null
      if (chunk !== null) return chunk
      if (!this.#isWriting) return null
      // Bounded: the work on one chunk ends, and `close` ends the wait.
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Given bytes that it left alone, after `next` resolved to null: more than 0 says that the packed stream ended before them. */
  get unconsumed(): number {
    return this.#given - this.#stream.bytesWritten
  }

  /** Frees what it holds; a `next` under way resolves to null. */
  close(): void {
    this.#isClosed = true
    this.#stream.destroy()
    this.#signal()
  }

  #signal(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
