import type { Feed } from './feed.ts'

/** What a feed left for more to come, and until when that may wait. Outlives the feed. */
export class Unfinished {
  #waitMs = 0
  #wholeEnd = -1
  #partialEnd = -1

  /** Takes note of what `feed` left when it was called last. */
  note({ waitMs, wholeEnd, partialEnd }: Feed): void {
    this.#waitMs = waitMs
    this.#wholeEnd = wholeEnd
    this.#partialEnd = partialEnd
  }

  /**
   * Where it may be taken as it stands, now that nothing came to the file of `size` bytes for `quietMs`; −1 where it waits on. An
   * unfinished line waits for `partialMs` (0: for ever), and as long as the whole lines before it.
   */
  cutEnd(size: number, quietMs: number, partialMs: number): number {
    const isPartialDue = partialMs > 0 && quietMs >= Math.max(partialMs, this.#waitMs)
    if (isPartialDue) return this.#partialEnd < 0 ? size : this.#partialEnd
    return quietMs >= this.#waitMs ? this.#wholeEnd : -1
  }
}
