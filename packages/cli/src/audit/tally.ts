import type { FileLine } from './file-lines.ts'

/** A document of the audited file, as the index has it. */
export interface AuditedDocument {
  source: string
  offset: number
  message: string
}

/** Lines that follow one another. */
export interface Stretch {
  /** Numbers from 1. */
  firstLine: number
  lastLine: number
  /** Bytes of the file: from, and behind the last. */
  start: number
  end: number
}

/** What became of the lines of a file under one source. */
export interface SourceTally {
  source: string
  /** All of them, doubles included. */
  documents: number
  /** Lines that have a document, or are part of the event of one. */
  found: number
  /** Documents that stand there once more. */
  doubles: number
  /** Offsets of the first of those. */
  doubleOffsets: number[]
  /** Documents whose message is not what stands in the file there. */
  different: number
  /** Documents that begin within a line: parts of a long one, or of another file. */
  within: number
  /** Lines without a document, before the last one that has one. */
  missing: number
  /** The first of those. */
  missingStretches: Stretch[]
  /** Lines behind the last one that has a document, and the offset at which they begin. */
  behind: number
  behindFrom: number
}

/** Of each kind, so many are named. */
const maxNamed = 100

/** Holds the documents of one source against the lines of a file, in the order of both. */
export class Tally {
  readonly source: string
  #documents = 0
  #found = 0
  #doubles = 0
  readonly #doubleOffsets: number[] = []
  #different = 0
  #within = 0
  #missing = 0
  readonly #stretches: Stretch[] = []
  #lastOffset = -1
  /** The last line that was found, and where the next one begins. */
  #lastLine = 0
  #lastNext = 0
  /** What is left of the event under way, a newline in front; empty: none is. */
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: string) {
    this.source = source
  }

  /** Whether the next line may be part of an event that began before. */
  get isInEvent(): boolean {
    return this.#rest.length > 0
  }

  /** The documents that begin in the line with this number, in order. Lines without any may be passed over, but for `isInEvent`. */
  line(number: number, line: FileLine, documents: readonly AuditedDocument[]): void {
    let isFound = this.#continues(line.bytes)
    for (const { offset, message } of documents) {
      this.#documents++
      if (offset === this.#lastOffset) {
        this.#doubles++
        if (this.#doubleOffsets.length < maxNamed) this.#doubleOffsets.push(offset)
        continue
      }
      this.#lastOffset = offset
      if (offset === line.offset) {
        isFound = true
        this.#compare(message, line.bytes)
      } else this.#within++
    }
    if (isFound) this.#find(number, line)
  }

  /** All lines were told of, and the file ends behind `lines` of them. */
  result(lines: number): SourceTally {
    return {
      source: this.source,
      documents: this.#documents,
      found: this.#found,
      doubles: this.#doubles,
      doubleOffsets: this.#doubleOffsets,
      different: this.#different,
      within: this.#within,
      missing: this.#missing,
      missingStretches: this.#stretches,
      behind: lines - this.#lastLine,
      behindFrom: this.#lastNext,
    }
  }

  #find(number: number, { offset, next }: FileLine): void {
    this.#found++
    const missing = number - this.#lastLine - 1
    if (missing > 0) {
      this.#missing += missing
      const stretch = { firstLine: this.#lastLine + 1, lastLine: number - 1, start: this.#lastNext, end: offset }
      if (this.#stretches.length < maxNamed) this.#stretches.push(stretch)
    }
    this.#lastLine = number
    this.#lastNext = next
  }

  #compare(message: string, bytes: Buffer): void {
    const text = Buffer.from(message)
    this.#rest = Buffer.alloc(0)
    if (text.equals(bytes)) return
    // The first line of an event of several: those that follow are compared as they come.
    const { length } = bytes
    if (text[length] === 0x0a && text.subarray(0, length).equals(bytes)) this.#rest = text.subarray(length)
    else this.#different++
  }

  #continues(bytes: Buffer): boolean {
    const rest = this.#rest
    const end = 1 + bytes.length
    const isPart =
      rest.length >= end && rest.subarray(1, end).equals(bytes) && (rest.length === end || rest[end] === 0x0a)
    this.#rest = isPart ? rest.subarray(end) : Buffer.alloc(0)
    return isPart
  }
}
