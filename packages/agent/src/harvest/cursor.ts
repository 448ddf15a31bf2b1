import { cursorBytes, emptyPrint, matchesPrint, type Print, printOf } from '../discover/fingerprint.ts'

/**
 * The bytes right before the offset at which reading goes on: as bytes once something was read, as a print when they come
 * from the registry. What stands there when the file is read again must be the same, or it is not the content that was read.
 */
export class Cursor {
  #print: Print = emptyPrint
  #bytes: Buffer | null = null
  #length: number

  constructor(print: Print) {
    this.#print = print
    this.#length = print.length
  }

  /** How many bytes before the offset are known. */
  get length(): number {
    return this.#length
  }

  /** Whether the bytes before `at` are the ones that were read. */
  matches(bytes: Buffer, at: number): boolean {
    const start = at - this.#length
    if (start < 0) return false
    if (this.#bytes === null) return matchesPrint(this.#print, bytes, start, at)
    return this.#bytes.compare(bytes, start, at, 0, this.#length) === 0
  }

  /** Keeps a print of the bytes only: most files are quiet most of the time. */
  rest(): void {
    if (this.#bytes === null) return
    this.#print = printOf(this.#bytes, 0, this.#length)
    this.#bytes = null
  }

  /** The offset has moved on: before it now stand the bytes that stand before `at` here. */
  move(bytes: Buffer, at: number): void {
    this.#bytes ??= Buffer.allocUnsafe(cursorBytes)
    this.#length = Math.min(cursorBytes, at)
    bytes.copy(this.#bytes, 0, at - this.#length, at)
  }
}
