/** Keeps what was made of so many letters, of those that were put away last; not the letters, which hold on to what they were read from. */
export class Newest<T> {
  readonly #limit: number
  #rows: { writtenMs: number; row: T }[] = []
  /** What was put away before has no place any more. */
  #cutoffMs = -Infinity

  constructor(limit: number) {
    this.#limit = limit
  }

  add(writtenMs: number, make: () => T): void {
    if (writtenMs < this.#cutoffMs) return
    this.#rows.push({ writtenMs, row: make() })
    if (this.#rows.length >= 2 * this.#limit + 100) this.#trim()
  }

  /** Oldest first. */
  take(): T[] {
    this.#trim()
    return this.#rows.map(({ row }) => row)
  }

  #trim(): void {
    this.#rows = this.#rows.sort((a, b) => a.writtenMs - b.writtenMs).slice(-this.#limit)
    if (this.#rows.length === this.#limit) this.#cutoffMs = this.#rows[0]?.writtenMs ?? -Infinity
  }
}
