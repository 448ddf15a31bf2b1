import { type Print, printOf } from '../discover/fingerprint.ts'
import { Watermark } from '../registry/watermark.ts'

/** How far a source is acknowledged without a gap, and which bytes stand before that. Owned by its source. */
export class Acknowledged {
  readonly #watermark: Watermark
  /** The end of the last range below the watermark whose bytes are known, and those bytes or their print. */
  #cursorOffset: number
  #cursor: Buffer | Print
  /** By offset, the bytes before it: of ranges above the watermark. Null where there are none. */
  #tails: Map<number, Buffer> | null = null

  constructor(offset: number, cursor: Print) {
    this.#watermark = new Watermark(offset)
    this.#cursorOffset = offset
    this.#cursor = cursor
  }

  /** Everything before this offset is acknowledged. */
  get low(): number {
    return this.#watermark.low
  }

  /** Where reading can go on after a restart: `low`, or the last offset before it of which is known what stands before it. */
  get cursorOffset(): number {
    return this.#cursorOffset
  }

  /** Print of the bytes before `cursorOffset`. Made once, not with each call until the next acknowledgement. */
  get cursorPrint(): Print {
    if (Buffer.isBuffer(this.#cursor)) this.#cursor = printOf(this.#cursor, 0, this.#cursor.length)
    return this.#cursor
  }

  /** `[start, end)` is; `tail`: the last bytes before `end`, null where they are not known. Returns whether `low` moved. */
  take(start: number, end: number, tail: Buffer | null): boolean {
    if (tail !== null) {
      this.#tails ??= new Map()
      // Both are in one run by now: the nearer one will never be the last that is known.
      this.#tails.delete(start)
      this.#tails.set(end, tail)
    }
    if (!this.#watermark.complete(start, end)) return false
    for (const [offset, bytes] of this.#tails ?? []) {
      if (offset > this.low) continue
      if (offset > this.#cursorOffset) {
        this.#cursorOffset = offset
        this.#cursor = bytes
      }
      this.#tails?.delete(offset)
    }
    if (this.#tails?.size === 0) this.#tails = null
    return true
  }

  /** Whether all of `[start, end)` is. */
  isDone(start: number, end: number): boolean {
    return this.#watermark.isDone(start, end)
  }
}
