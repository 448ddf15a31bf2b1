/** Ends of runs by their starts, and the other way round. */
interface Runs {
  readonly ends: Map<number, number>
  readonly starts: Map<number, number>
}

/**
 * The end of the unbroken run of completed ranges. Ranges tile the file: each begins where another ends, none overlap, and they
 * may be completed in any order.
 *
 *   ├── done ──┤├── done ──┤├─ in flight ─┤├── done ──┤
 *              low ────────▲                  ahead ──▲
 */
export class Watermark {
  #low: number
  /** Unbroken runs of ranges that are done before one in front of them is; null where there are none, as in most files most of the time. */
  #ahead: Runs | null = null

  constructor(start: number) {
    this.#low = start
  }

  /** Everything before this offset is done. */
  get low(): number {
    return this.#low
  }

  /** Runs of ranges that wait for one in front of them. */
  get aheadCount(): number {
    return this.#ahead?.ends.size ?? 0
  }

  /** Whether all of `[start, end)` is done. */
  isDone(start: number, end: number): boolean {
    if (end <= this.#low) return true
    for (const [runStart, runEnd] of this.#ahead?.ends ?? []) if (runStart <= start && end <= runEnd) return true
    return false
  }

  /** Notes that `[start, end)` is done; returns whether `low` moved. */
  complete(start: number, end: number): boolean {
    if (start !== this.#low) {
      this.#ahead ??= { ends: new Map(), starts: new Map() }
      join(this.#ahead, start, end)
      return false
    }
    this.#low = end
    if (this.#ahead === null) return true
    const { ends, starts } = this.#ahead
    const runEnd = ends.get(end)
    if (runEnd === undefined) return true
    ends.delete(end)
    starts.delete(runEnd)
    this.#low = runEnd
    if (ends.size === 0) this.#ahead = null
    return true
  }
}

/** One range may wait for ever (its topic is forbidden) while all behind it is done: what adjoins is one run. */
function join({ ends, starts }: Runs, start: number, end: number): void {
  const runStart = starts.get(start) ?? start
  const runEnd = ends.get(end) ?? end
  starts.delete(start)
  ends.delete(end)
  ends.set(runStart, runEnd)
  starts.set(runEnd, runStart)
}
