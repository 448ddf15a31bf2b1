/** A backlog of more time than this is let go: after a pause of the disk there is no burst that nobody asked for. */
const maxBacklogMs = 1_000

/** How many lines are due at a moment, for an even pace. */
export class Pace {
  readonly #perMs: number
  #origin: number
  #sent = 0

  constructor(linesPerSec: number, nowMs: number) {
    this.#perMs = linesPerSec / 1_000
    this.#origin = nowMs
  }

  /** Lines that are due now; they count as written. */
  due(nowMs: number): number {
    const wanted = (nowMs - this.#origin) * this.#perMs
    const backlog = maxBacklogMs * this.#perMs
    if (wanted - this.#sent > backlog + 1) {
      this.#origin = nowMs - maxBacklogMs
      this.#sent = Math.floor(backlog)
      return this.#sent
    }
    // Clocks that count in fractions must not cost the last line.
    const due = Math.max(0, Math.floor(wanted + 1e-6) - this.#sent)
    this.#sent += due
    return due
  }
}
