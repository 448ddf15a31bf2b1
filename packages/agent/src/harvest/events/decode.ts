import { isAscii } from 'node:buffer'
import type { TextEncoding } from './encoding.ts'

/** Decoded at once, at most, in bytes of the file. */
const runBytes = 65_536
const returnByte = 13

/** Memory for decoded text: only one feed of the process works at a time, and nothing of it outlives a call. */
let scratch = Buffer.allocUnsafeSlow(3 * runBytes)

/**
 * Makes UTF-8 of the lines of a file. Whole runs of lines at once, since a call of the decoder costs more than a line; lines
 * that are ASCII, or UTF-8 already, stay where they are. What cannot be decoded becomes U+FFFD and is counted.
 */
export class LineDecoder {
  /** Set by `take`: the line. Valid until the next call. */
  text: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** Set by `take`: characters of the line that could not be decoded. */
  faults = 0
  readonly #encoding: TextEncoding
  #bytes: Buffer = this.text
  #until = 0
  /** The run at hand: where its next line begins in the file, and in the decoded text; up to where there is any. */
  #runNext = -1
  #runEnd = -1
  #runIsAscii = false
  #textNext = 0
  /** Up to here each line goes alone: something in them cannot be decoded. */
  #aloneUntil = -1

  constructor(encoding: TextEncoding) {
    this.#encoding = encoding
  }

  /** Sets what the lines stand in. */
  reset(bytes: Buffer, until: number): void {
    this.#bytes = bytes
    this.#until = until
    this.#runNext = -1
    this.#aloneUntil = -1
  }

  /** Decodes the line `bytes[at, contentEnd)`; its end stands before `next`, which is `contentEnd` where it was cut. */
  take(at: number, contentEnd: number, next: number): void {
    this.faults = 0
    const { isUtf8 } = this.#encoding
    if (isUtf8) return this.#asItIs(at, contentEnd)
    if (next === contentEnd || next <= this.#aloneUntil) return this.#alone(at, contentEnd)
    if (this.#runNext !== at || at >= this.#runEnd) this.#begin(at, next)
    this.#runNext = next
    if (this.#runEnd < next) return this.#alone(at, contentEnd)
    if (this.#runIsAscii) return this.#asItIs(at, contentEnd)
    const { utf8Delimiter } = this.#encoding
    const end = scratch.indexOf(utf8Delimiter, this.#textNext)
    this.text = scratch
    this.start = this.#textNext
    this.#textNext = end + utf8Delimiter.length
    const hasReturn = this.#encoding.dropsReturn && end > this.start && scratch[end - 1] === returnByte
    this.end = hasReturn ? end - 1 : end
  }

  /** Decodes the lines from `at` on; where something in them cannot be decoded, each of them goes alone. */
  #begin(at: number, next: number): void {
    const limit = Math.min(this.#until, at + runBytes)
    const end = Math.max(this.#encoding.lastLineEnd(this.#bytes, at, limit), next <= limit ? next : at)
    this.#runEnd = end
    const run = this.#bytes.subarray(at, end)
    this.#runIsAscii = this.#encoding.isAsciiSuperset && isAscii(run)
    if (this.#runIsAscii || end === at) return
    try {
      this.#textNext = 0
      write(this.#encoding.strict.decode(run))
    } catch {
      this.#runEnd = -1
      this.#aloneUntil = end
    }
  }

  /** A line by itself: decoded with nothing behind it. */
  #alone(at: number, contentEnd: number): void {
    const line = this.#bytes.subarray(at, contentEnd)
    if (this.#encoding.isAsciiSuperset && isAscii(line)) return this.#asItIs(at, contentEnd)
    const text = this.#encoding.lenient.decode(line)
    this.faults = countFaults(text)
    this.#runEnd = -1
    this.start = 0
    this.end = write(text)
    this.text = scratch
  }

  #asItIs(at: number, contentEnd: number): void {
    this.text = this.#bytes
    this.start = at
    this.end = contentEnd
  }
}

function countFaults(text: string): number {
  let count = 0
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) count++
  return count
}

/** Writes to the scratch memory, which grows where it must; returns how long the text is there. */
function write(text: string): number {
  const need = 3 * text.length
  if (need > scratch.length) scratch = Buffer.allocUnsafeSlow(need)
  return scratch.write(text)
}
