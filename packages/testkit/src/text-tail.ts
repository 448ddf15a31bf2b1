const keepChars = 32 * 1024

/** The end of a text that grows without bound. */
export class TextTail {
  #text = ''

  add(more: string): void {
    this.#text += more
    if (this.#text.length > 2 * keepChars) this.#text = this.#text.slice(-keepChars)
  }

  /** The last lines, whole, 32 KiB at most. */
  get text(): string {
    if (this.#text.length <= keepChars) return this.#text
    const from = this.#text.length - keepChars
    return this.#text.slice(this.#text.indexOf('\n', from) + 1)
  }
}
