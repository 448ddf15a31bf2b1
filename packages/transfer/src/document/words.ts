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

/** A short text that is written again and again: by words, since a call that copies bytes costs more than the bytes. */
export class ConstantText {
  readonly length: number
  readonly #words: Int32Array

  constructor(text: string) {
    const bytes = Buffer.from(text)
    this.length = bytes.length
    this.#words = new Int32Array(Math.ceil(bytes.length / 4))
    for (let i = 0; i < bytes.length; i++) {
      this.#words[i >> 2] = (this.#words[i >> 2] as number) | ((bytes[i] as number) << ((i & 3) * 8))
    }
  }

  /** Writes it at `at`; returns the position behind it. Up to three bytes more may be overwritten. */
  write(target: DataView, at: number): number {
    const words = this.#words
    for (let i = 0; i < words.length; i++) target.setInt32(at + i * 4, words[i] as number, true)
    return at + this.length
  }
}
