/**
 * Bytes that others are compared with again and again, by words of eight bytes: for a few hundred of them a call of `Buffer.compare` costs more
 * than that.
 */
export class KnownBytes {
  readonly bytes: Buffer
  readonly #view: DataView
  /** Whether a word as a double equals another one exactly where their bytes are the same: not so if it is a zero (there are two) or no number. */
  readonly #byWords: boolean

  /** `bytes` stay as they are. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#byWords = bytes.length >= 8 && this.#areNumbers()
  }

  /** Whether `other[start, end)`, seen by `words` as well, holds the same bytes. */
  equals(other: Buffer, words: DataView, start: number, end: number): boolean {
    const { length } = this.bytes
    if (end - start !== length) return false
    if (!this.#byWords) return this.bytes.compare(other, start, end) === 0
    const view = this.#view
    const last = length - 8
    for (let i = 0; i < last; i += 8) if (view.getFloat64(i, true) !== words.getFloat64(start + i, true)) return false
    return view.getFloat64(last, true) === words.getFloat64(start + last, true)
  }

  #areNumbers(): boolean {
    const last = this.bytes.length - 8
    const isNumber = (at: number): boolean => {
      const word = this.#view.getFloat64(at, true)
      return word !== 0 && !Number.isNaN(word)
    }
    for (let i = 0; i < last; i += 8) if (!isNumber(i)) return false
    return isNumber(last)
  }
}
