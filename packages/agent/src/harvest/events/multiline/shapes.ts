import type { LineGrouper, LineRole } from '../stages.ts'
import { isIndented } from './trace.ts'

/** A line that begins with a blank or a tab joins the one before. */
export class IndentGrouper implements LineGrouper {
  reset(): void {}

  take(bytes: Buffer, start: number, end: number): LineRole {
    return isIndented(bytes, start, end) ? 'joins' : 'begins'
  }
}

/** Every `count` lines are an event. */
export class CountGrouper implements LineGrouper {
  readonly #count: number
  #lines = 0

  constructor(count: number) {
    this.#count = count
  }

  reset(): void {
    this.#lines = 0
  }

  take(): LineRole {
    this.#lines++
    if (this.#lines < this.#count) return this.#lines === 1 ? 'begins' : 'joins'
    this.#lines = 0
    return this.#count === 1 ? 'alone' : 'ends'
  }
}
