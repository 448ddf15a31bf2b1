import type { LineGrouper, LineRole } from '../stages.ts'
import type { LinePattern } from './line-pattern.ts'

/** Lines that match begin an event (negated: those that do not); all others join the one before. */
export class StartGrouper implements LineGrouper {
  readonly #start: LinePattern
  readonly #negate: boolean

  constructor(start: LinePattern, negate: boolean) {
    this.#start = start
    this.#negate = negate
  }

  reset(): void {}

  take(bytes: Buffer, start: number, end: number): LineRole {
    return this.#start.test(bytes, start, end) === this.#negate ? 'joins' : 'begins'
  }
}

/** Lines that match join the one before (negated: those that do not); all others begin an event. */
export class ContinueGrouper extends StartGrouper {
  constructor(continues: LinePattern, negate: boolean) {
    super(continues, !negate)
  }
}

/** A line that matches is the last of its event (negated: one that does not); the next one begins another. */
export class EndGrouper implements LineGrouper {
  readonly #end: LinePattern
  readonly #negate: boolean
  #isOpen = false

  constructor(end: LinePattern, negate: boolean) {
    this.#end = end
    this.#negate = negate
  }

  reset(): void {
    this.#isOpen = false
  }

  take(bytes: Buffer, start: number, end: number): LineRole {
    const wasOpen = this.#isOpen
    this.#isOpen = this.#end.test(bytes, start, end) === this.#negate
    if (this.#isOpen) return wasOpen ? 'joins' : 'begins'
    return wasOpen ? 'ends' : 'alone'
  }
}

/**
 * From a line that matches `start` (negated: one that does not) to the first that matches `end`; lines outside are alone. Where
 * another start comes before the end, it begins another event.
 */
export class SpanGrouper implements LineGrouper {
  readonly #start: LinePattern
  readonly #end: LinePattern
  readonly #negate: boolean
  #isOpen = false

  constructor(start: LinePattern, end: LinePattern, negate: boolean) {
    this.#start = start
    this.#end = end
    this.#negate = negate
  }

  reset(): void {
    this.#isOpen = false
  }

  take(bytes: Buffer, start: number, end: number): LineRole {
    if (this.#start.test(bytes, start, end) !== this.#negate) {
      this.#isOpen = !this.#end.test(bytes, start, end)
      return this.#isOpen ? 'begins' : 'alone'
    }
    if (!this.#isOpen) return 'alone'
    this.#isOpen = !this.#end.test(bytes, start, end)
    return this.#isOpen ? 'joins' : 'ends'
  }
}
