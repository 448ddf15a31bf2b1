/** Views for reading and writing whole words; the same buffer mostly comes many times in a row. */
export class Words {
  #bytes: Uint8Array | null = null
  #view: DataView = new DataView(new ArrayBuffer(0))

  of(bytes: Uint8Array): DataView {
    if (bytes === this.#bytes) return this.#view
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#view
  }
}

/** Bytes that are moved at once: most values have no more, and a loop that ends sooner or later costs more than some bytes in vain. */
const stride = 16

const sourceWords = new Words()
const targetWords = new Words()

/*
 * Short texts are written by words, since a call that copies bytes costs more than they do. Up to `stride` bytes behind a text that is written
 * here may be overwritten.
 */

/**
 * A text that is written again and again, by words of eight bytes: as doubles, since a bigint would be an object. A double that is no number might
 * come out in another form, but needs 0xf0 or more and then 0x7f or 0xff: never so in UTF-8.
 */
export class ConstantText {
  readonly length: number
  readonly #words: Float64Array

  constructor(text: string) {
    const bytes = Buffer.from(text)
    this.length = bytes.length
    this.#words = new Float64Array(Math.ceil(bytes.length / 8))
    const view = new DataView(this.#words.buffer)
    for (const [i, byte] of bytes.entries()) view.setUint8(i, byte)
  }

  /** Writes it into `out` at `at`; returns the position after it. */
  write(out: Uint8Array, at: number): number {
    const target = targetWords.of(out)
    const words = this.#words
    for (let i = 0; i < words.length; i++) target.setFloat64(at + i * 8, words[i] as number, isLittleEndian)
    return at + this.length
  }
}

/** Whether this machine has the lowest byte first: words are kept in its order. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Copies `text[start, end)` into `out` at `at`; returns the position after it. For short ones that are mostly not the end of `text`. */
export function copyShort(out: Uint8Array, at: number, text: Uint8Array, start: number, end: number): number {
  const target = targetWords.of(out)
  const source = sourceWords.of(text)
  const shift = at - start
  let from = start
  for (const last = text.length - stride; from < end && from <= last; from += stride) {
    const to = from + shift
    // No doubles here: what stands behind the text may be anything.
    target.setInt32(to, source.getInt32(from, true), true)
    target.setInt32(to + 4, source.getInt32(from + 4, true), true)
    target.setInt32(to + 8, source.getInt32(from + 8, true), true)
    target.setInt32(to + 12, source.getInt32(from + 12, true), true)
  }
  for (; from < end; from++) out[from + shift] = text[from] as number
  return end + shift
}
