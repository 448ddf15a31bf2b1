const keepChars = 32 * 1024

/** How often words were said so far, and what may be the beginning of them once more. */
interface Counted {
  readonly words: string
  rest: string
  times: number
}

/** The end of a text that grows without bound. */
export class TextTail {
  #text = ''
  readonly #counted: Counted[] = []

  add(more: string): void {
    this.#text += more
    for (const counted of this.#counted) countIn(counted, more)
    if (this.#text.length > 2 * keepChars) this.#text = this.#text.slice(-keepChars)
  }

  /** How often these words were said: in what is kept now, and in all that comes, kept or not. Two characters at least. */
  count(words: string): () => number {
    const counted = { words, rest: '', times: 0 }
    countIn(counted, this.#text)
    this.#counted.push(counted)
    return () => counted.times
  }

  /** The last lines, whole, 32 KiB at most. */
  get text(): string {
    if (this.#text.length <= keepChars) return this.#text
    const from = this.#text.length - keepChars
    return this.#text.slice(this.#text.indexOf('\n', from) + 1)
  }
}

function countIn(counted: Counted, more: string): void {
  const { words, rest } = counted
  const pieces = (rest + more).split(words)
  counted.times += pieces.length - 1
  // The words may come in two pieces.
  counted.rest = (pieces.at(-1) as string).slice(1 - words.length)
}
