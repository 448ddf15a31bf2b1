/**
 * The end of the unbroken run of completed ranges. Ranges tile the file: each begins where another ends, none overlap, and they
 * may be completed in any order.
 *
 *   ├── done ──┤├── done ──┤├─ in flight ─┤├── done ──┤
 *              low ────────▲                  ahead ──▲
 */
export class Watermark {
  #low: number
  /** End by start, of ranges that are done before one in front of them is; null where there are none, as in most files most of the time. */
  #ahead: Map<number, number> | null = null

  constructor(start: number) {
    this.#low = start
  }

  /** Everything before this offset is done. */
  get low(): number {
    return this.#low
  }

  /** Ranges that wait for one in front of them. */
  get aheadCount(): number {
    return this.#ahead?.size ?? 0
  }

  /** Notes that `[start, end)` is done; returns whether `low` moved. */
  complete(start: number, end: number): boolean {
    if (start !== this.#low) {
      this.#ahead ??= new Map()
      this.#ahead.set(start, end)
      return false
    }
    this.#low = end
    if (this.#ahead === null) return true
    for (let next = this.#ahead.get(end); next !== undefined; next = this.#ahead.get(this.#low)) {
      this.#ahead.delete(this.#low)
      this.#low = next
    }
    if (this.#ahead.size === 0) this.#ahead = null
    return true
  }
}
