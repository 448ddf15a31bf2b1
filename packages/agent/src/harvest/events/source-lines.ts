import type { TextEncoding } from './encoding.ts'

/**
 * What comes next. `nothing`: not known yet. `line`: a line. `open`: one that a cut ended. `long`: a line, or a piece of one, that is
 * longer than allowed. `blank`: bytes that make no record. `rest`: what of a long line is not wanted.
 */
export type Found = 'nothing' | 'line' | 'open' | 'long' | 'blank' | 'rest'

export interface SourceLineOptions {
  encoding: TextEncoding
  /** Longest line, in bytes of the file. */
  maxBytes: number
  onLongLine: 'split' | 'truncate' | 'deadLetter'
}

const returnByte = 13

/**
 * Finds lines in the bytes of a file, in any encoding. What it finds depends on the bytes around, on the position in the file and on the
 * cut alone. Bytes that make no record: a byte order mark, a line end behind a cut, and the hole of NUL bytes that a writer leaves who
 * goes on where he was after his file was truncated.
 */
export class SourceLines {
  /** Set by `find`: end of the line's content, and where the next one begins. */
  contentEnd = 0
  next = 0
  readonly #encoding: TextEncoding
  readonly #max: number
  readonly #policy: SourceLineOptions['onLongLine']
  readonly #skipsNul: boolean
  #bytes: Buffer = Buffer.alloc(0)
  #view: Buffer = this.#bytes
  #position = 0
  #cutAt = -1

  constructor({ encoding, maxBytes, onLongLine }: SourceLineOptions) {
    this.#encoding = encoding
    // A piece must be longer than what ends a line, else it could not be told from the beginning of one.
    const least = Math.max(4 * encoding.unitBytes, 2 * encoding.delimiter.length)
    this.#max = Math.max(least, maxBytes - (maxBytes % encoding.unitBytes))
    this.#policy = onLongLine
    this.#skipsNul = !startsWithNul(encoding.delimiter, 0, encoding.unitBytes)
  }

  /** Bytes that must be there for one line to be found for sure. */
  get needBytes(): number {
    const { delimiter, unitBytes } = this.#encoding
    return this.#max + delimiter.length + 2 * unitBytes
  }

  /** Sets what `find` looks at: `bytes[0, limit)`, of which the first stands at `position` in the file; `cutAt`: index of the cut, or −1. */
  reset(bytes: Buffer, position: number, limit: number, cutAt: number): void {
    this.#bytes = bytes
    this.#view = bytes.subarray(0, limit)
    this.#position = position
    this.#cutAt = cutAt
  }

  /** Finds what begins at `at`. */
  find(at: number): Found {
    const limit = this.#view.length
    if (at >= limit) return 'nothing'
    if (this.#skipBlank(at)) return 'blank'
    if (this.#waitsForMark(at)) return 'nothing'
    const found = this.#indexOf(at)
    const isMidLine = this.#policy !== 'split' && this.#isMidLine(at)
    if (isMidLine && this.#policy === 'truncate') return this.#skipRest(at, found)
    const { delimiter } = this.#encoding
    const cutAt = this.#cutAt
    if (cutAt > at && (found < 0 || found + delimiter.length > cutAt)) {
      if (cutAt - at > this.#max) return limit - at > this.#max ? this.#piece(at) : 'nothing'
      if (cutAt > limit) return 'nothing'
      this.contentEnd = cutAt
      this.next = cutAt
      return 'open'
    }
    if (found >= 0) {
      const end = this.#withoutReturn(at, found)
      if (end - at <= this.#max) {
        this.contentEnd = end
        this.next = found + delimiter.length
        return isMidLine ? 'long' : 'line'
      }
    } else if (limit - at < this.needBytes) {
      return 'nothing'
    }
    return this.#piece(at)
  }

  /**
   * Up to where the unfinished line at `at` could be cut: not within a character, and not where it is too long. `at` where it is the rest
   * of a long one, which is whole when its end has come.
   */
  partialEnd(at: number): number {
    if (at >= this.#view.length || (this.#policy !== 'split' && this.#isMidLine(at))) return at
    const end = this.#encoding.wholeCharacters(this.#view, at, Math.min(this.#view.length, at + this.#max))
    return this.#beforeDelimiter(at, end)
  }

  /** `end`, or where the beginning of a delimiter stands before it: more of that may come. */
  #beforeDelimiter(at: number, end: number): number {
    const { delimiter, unitBytes } = this.#encoding
    for (let length = delimiter.length - unitBytes; length > 0; length -= unitBytes) {
      const start = end - length
      if (start >= at && this.#view.compare(delimiter, 0, length, start, end) === 0) return start
    }
    return end
  }

  #piece(at: number): Found {
    const end = this.#encoding.wholeCharacters(this.#bytes, at, at + this.#max)
    this.contentEnd = end > at ? end : at + this.#max
    this.next = this.contentEnd
    return 'long'
  }

  /** All that is there of a line whose beginning was enough. */
  #skipRest(at: number, found: number): Found {
    const { delimiter, unitBytes } = this.#encoding
    const kept = delimiter.length + unitBytes
    const end = found >= 0 ? this.#withoutReturn(at, found) : this.#view.length - kept
    if (end <= at && found < 0) return 'nothing'
    this.contentEnd = found >= 0 ? end : end - ((this.#position + end) % unitBytes)
    this.next = found >= 0 ? found + delimiter.length : this.contentEnd
    return this.next > at ? 'rest' : 'nothing'
  }

  #indexOf(at: number): number {
    const { delimiter, unitBytes } = this.#encoding
    const view = this.#view
    if (delimiter.length === 1) return view.indexOf(delimiter[0] as number, at)
    let found = view.indexOf(delimiter, at)
    while (found >= 0 && (found - at) % unitBytes !== 0) found = view.indexOf(delimiter, found + 1)
    return found
  }

  #withoutReturn(at: number, found: number): number {
    const { dropsReturn, unitBytes, name } = this.#encoding
    if (!dropsReturn || found - unitBytes < at) return found
    if (unitBytes === 1) return this.#view[found - 1] === returnByte ? found - 1 : found
    const low = name === 'utf-16le' ? found - 2 : found - 1
    const high = name === 'utf-16le' ? found - 1 : found - 2
    return this.#view[low] === returnByte && this.#view[high] === 0 ? found - 2 : found
  }

  /** Sets `next` behind bytes at `at` that belong to no line; false where there are none. */
  #skipBlank(at: number): boolean {
    const { unitBytes, mark } = this.#encoding
    const view = this.#view
    const offset = this.#position + at
    this.contentEnd = at
    if (
      offset === 0 &&
      mark.length > 0 &&
      view.length >= at + mark.length &&
      view.compare(mark, 0, mark.length, at, at + mark.length) === 0
    ) {
      this.next = at + mark.length
      return true
    }
    // Half a unit in front of the first whole one.
    if (offset % unitBytes !== 0) {
      this.next = at + 1
      return true
    }
    if (at === this.#cutAt && this.#skipCutEnd(at)) return true
    if (!this.#skipsNul || !startsWithNul(view, at, unitBytes)) return false
    let end = at + unitBytes
    while (startsWithNul(view, end, unitBytes)) end += unitBytes
    this.next = end
    return true
  }

  /** The line end right behind a cut belongs to the line that was cut. */
  #skipCutEnd(at: number): boolean {
    const { delimiter } = this.#encoding
    if (this.#endsLine(at)) return false
    const found = this.#indexOf(at)
    if (found < 0 || this.#withoutReturn(at, found) !== at) return false
    this.next = found + delimiter.length
    return true
  }

  #waitsForMark(at: number): boolean {
    const { mark } = this.#encoding
    const there = this.#view.length - at
    if (this.#position + at !== 0 || this.#cutAt > at || there >= mark.length) return false
    return this.#view.compare(mark, 0, there, at, at + there) === 0
  }

  /** Whether what stands at `at` belongs to a line whose beginning was taken as too long. */
  #isMidLine(at: number): boolean {
    const { unitBytes, delimiter, mark } = this.#encoding
    const offset = this.#position + at
    // Nothing is known of what stands before: a file that is read from its end on.
    if (offset === 0 || at < Math.min(offset, delimiter.length) || at === this.#cutAt || this.#endsLine(at))
      return false
    if (startsWithNul(this.#bytes, at - unitBytes, unitBytes)) return false
    if (offset === mark.length && this.#bytes.compare(mark, 0, mark.length, at - mark.length, at) === 0) return false
    // The rest of a long line is never cut: what waited for a cut begins something, even if that was cut off another.
    return this.#cutAt <= at
  }

  #endsLine(at: number): boolean {
    const { delimiter } = this.#encoding
    const start = at - delimiter.length
    return start >= 0 && this.#bytes.compare(delimiter, 0, delimiter.length, start, at) === 0
  }
}

/** Whether the unit at `at` is there and all zero. */
function startsWithNul(bytes: Buffer, at: number, unitBytes: number): boolean {
  return bytes[at] === 0 && (unitBytes === 1 || bytes[at + 1] === 0)
}
