/** Keeps the last bytes of a long row of them, at least `windowBytes`, so that some may be read again. */
export class Window {
  readonly #bytes = Buffer.allocUnsafeSlow(2 * windowBytes)
  #length = 0

  /** So many of the last bytes can be had. */
  get length(): number {
    return this.#length
  }

  append(bytes: Buffer): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - windowBytes))
    if (kept.length < bytes.length) this.#length = 0
    if (this.#length + kept.length > this.#bytes.length) {
      const stays = Math.min(this.#length, windowBytes)
      this.#bytes.copyWithin(0, this.#length - stays, this.#length)
      this.#length = stays
    }
    kept.copy(this.#bytes, this.#length)
    this.#length += kept.length
  }

  /** Copies up to `length` bytes that begin `back` bytes before the end; returns how many. */
  copy(back: number, into: Buffer, length: number): number {
    const start = this.#length - back
    return this.#bytes.copy(into, 0, start, Math.min(this.#length, start + length))
  }

  clear(): void {
    this.#length = 0
  }
}

/** So far before the end of what was read can be read again without unpacking anew. */
export const windowBytes = 65_536
