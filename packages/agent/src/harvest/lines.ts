const newlineByte = 10
const returnByte = 13

/**
 * Finds lines in a buffer without making an object a line: after `find` the fields tell where it ends and where the next one
 * begins. Where pieces of long lines begin depends on the bytes from the line's start on alone, never on how they were read.
 *
 *   at                lineEnd  next          at          lineEnd = next (a piece, or the cut)
 *   │ G E T   / . . . │ \r \n │              │ x x x x x │ x x x …
 */
export class LineFramer {
  /** End of the line's content: without `\n` and one `\r` before it. */
  lineEnd = 0
  /** Where the next line begins. */
  next = 0
  #view: Buffer = Buffer.alloc(0)
  #maxLineBytes = 0
  #cutAt = -1

  /**
   * Sets what `find` looks at: the bytes of `buffer` up to `end`. `cutAt`: position at which an unfinished line was once sent
   * as it stood (or −1): a line ends there, and a newline right behind it is part of it.
   */
  reset(buffer: Buffer, end: number, maxLineBytes: number, cutAt: number): void {
    this.#view = buffer.subarray(0, end)
    this.#maxLineBytes = maxLineBytes
    this.#cutAt = cutAt
  }

  /** Sets `next` behind the newline that belongs to a line cut at `at`; false where there is none (yet). */
  skipCutNewline(at: number): boolean {
    if (at !== this.#cutAt) return false
    const view = this.#view
    const newline = view[at] === returnByte ? at + 1 : at
    if (view[newline] !== newlineByte) return false
    this.next = newline + 1
    return true
  }

  /** Finds the line that begins at `at`; false where it is not complete. */
  find(at: number): boolean {
    const view = this.#view
    const max = this.#maxLineBytes
    const newline = view.indexOf(newlineByte, at)
    if (this.#cutAt > at && (newline < 0 || newline >= this.#cutAt)) return this.#findCut(at)
    if (newline >= 0) {
      const end = newline > at && view[newline - 1] === returnByte ? newline - 1 : newline
      if (end - at <= max) {
        this.lineEnd = end
        this.next = newline + 1
        return true
      }
    } else if (view.length - at < max + 2) {
      // Two more than the longest line: its `\r` and `\n` may still come.
      return false
    }
    return this.#take(pieceEnd(view, at, max))
  }

  #findCut(at: number): boolean {
    const max = this.#maxLineBytes
    if (this.#cutAt - at > max) {
      // As without a cut: the newline of a line of just that length may still come, where it can stand before the cut.
      const isLong = this.#view.length - at >= max + 2 || this.#view.length >= this.#cutAt
      return isLong && this.#take(pieceEnd(this.#view, at, max))
    }
    return this.#cutAt <= this.#view.length && this.#take(this.#cutAt)
  }

  #take(end: number): boolean {
    this.lineEnd = end
    this.next = end
    return true
  }
}

/** End of a piece of at most `max` bytes that begins at `at`: not in the middle of a UTF-8 character. */
export function pieceEnd(bytes: Buffer, at: number, max: number): number {
  const limit = at + max
  for (let end = limit; end > limit - 4 && end > at; end--) {
    if (((bytes[end] as number) & 0xc0) !== 0x80) return end
  }
  return limit
}

/** Where `bytes[at, end)` ends without a UTF-8 character of which only the beginning is there. */
export function wholeUtf8End(bytes: Buffer, at: number, end: number): number {
  for (let lead = end - 1; lead >= at && lead > end - 4; lead--) {
    const byte = bytes[lead] as number
    if ((byte & 0xc0) === 0x80) continue
    const length = byte < 0xc0 || byte > 0xf7 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return end - lead < length ? lead : end
  }
  return end
}

/** End of the byte order mark that `bytes[0, limit)` begin with; 0 where there is none. */
export function markEnd(bytes: Buffer, limit: number): number {
  return limit >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

/**
 * End of the NUL bytes from `at` on. In front of a line they are a hole: what a writer leaves who goes on where he was after his file
 * was truncated.
 */
export function nulEnd(bytes: Buffer, at: number, limit: number): number {
  let end = at
  while (end < limit && bytes[end] === 0) end++
  return end
}
