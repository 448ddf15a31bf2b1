/** Lines of one length that stand one behind the other in their file, their keys one after the other. */
interface Run {
  readonly offset: number
  readonly key: number
  readonly lineBytes: number
  count: number
}

/**
 * What stands at which offsets of one source: for each line a key, a number. Lines that follow one another cost nothing, so that
 * an hour of them fits in memory. One owner.
 */
export class LineRuns {
  /** By offset. */
  readonly #runs: Run[] = []

  /** The key of the line that begins there; undefined where none does. */
  at(offset: number): number | undefined {
    const run = this.#runs[this.#indexOf(offset)]
    const index = run === undefined ? -1 : (offset - run.offset) / run.lineBytes
    return run !== undefined && Number.isInteger(index) && index < run.count ? run.key + index : undefined
  }

  /** A line of `lineBytes`, its newline among them, begins at `offset`, where none was before. */
  add(offset: number, lineBytes: number, key: number): void {
    const at = this.#indexOf(offset)
    const run = this.#runs[at]
    const isNext = run !== undefined && run.lineBytes === lineBytes && run.offset + run.count * lineBytes === offset
    if (isNext && run.key + run.count === key) run.count++
    else this.#runs.splice(at + 1, 0, { offset, key, lineBytes, count: 1 })
  }

  /** Where the line with this key begins; undefined where there is none. */
  offsetOf(key: number): number | undefined {
    const run = this.#runs.find((one) => key >= one.key && key < one.key + one.count)
    return run === undefined ? undefined : run.offset + (key - run.key) * run.lineBytes
  }

  /** Of the last run that begins at or before the offset; −1: none. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#runs[middle] as Run).offset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
