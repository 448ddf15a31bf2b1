import type { Segment } from './segment.ts'

/**
 * The next offset of a partition that is safe to commit: the end of the unbroken run of settled segments.
 *
 *   appended   [settled][settled][ open  ][settled][ open ]
 *                                ▲ position
 */
export class Watermark {
  #position: number
  /** Segments in offset order; those before `#front` are passed. */
  #segments: Segment[] = []
  #front = 0
  readonly #onPassed: (segment: Segment) => void
  #empty: PromiseWithResolvers<void> | null = null

  /** `start`: the committed offset, −1 where there is none. `onPassed` is called for each segment, in order. */
  constructor(start: number, onPassed: (segment: Segment) => void = () => {}) {
    this.#position = start
    this.#onPassed = onPassed
  }

  /** The next offset to commit; −1 while nothing is known. */
  get position(): number {
    return this.#position
  }

  /** Whether all that was appended is settled. */
  get isEmpty(): boolean {
    return this.#front === this.#segments.length
  }

  /** Adds a segment behind all others. */
  append(segment: Segment): void {
    this.#segments.push(segment)
  }

  /** Nothing follows what was appended before `offset`: that is reached as soon as all of it is settled. */
  skipTo(offset: number): void {
    const last = this.isEmpty ? undefined : this.#segments.at(-1)
    if (last === undefined) this.#position = offset
    else last.next = offset
  }

  /** Reading goes back to `offset`, in another log: what is still open of the one before moves nothing any more. */
  goBack(offset: number): void {
    this.#position = offset
    for (let i = this.#front; i < this.#segments.length; i++) (this.#segments[i] as Segment).next = offset
  }

  /** Moves over the settled segments at the front. To be called when one was settled. */
  advance(): void {
    let front = this.#segments[this.#front]
    while (front !== undefined && front.isSettled) {
      this.#front++
      this.#position = front.next
      this.#onPassed(front)
      front = this.#segments[this.#front]
    }
    if (this.#front > 64 && this.#front * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#front)
      this.#front = 0
    }
    if (this.isEmpty) {
      this.#segments.length = 0
      this.#front = 0
      this.#empty?.resolve()
      this.#empty = null
    }
  }

  /** Resolves once all that was appended is settled. */
  whenEmpty(): Promise<void> {
    if (this.isEmpty) return Promise.resolve()
    this.#empty ??= Promise.withResolvers<void>()
    return this.#empty.promise
  }
}
