/** The records that must come of one file: each begins at an offset of the file and has one value. */
export class ExpectedRecords {
  /** The values stand in here; for files that are sent as they are, the file's own bytes. */
  readonly #bytes: Buffer
  /** Offsets in the file, ascending. */
  readonly #offsets: ArrayLike<number>
  readonly #value: (index: number) => { start: number; end: number }

  constructor(bytes: Buffer, offsets: ArrayLike<number>, value: (index: number) => { start: number; end: number }) {
    this.#bytes = bytes
    this.#offsets = offsets
    this.#value = value
  }

  /** Each line of a file whose lines are all `lineBytes` long, line feed included, but for those that `isKept` leaves out. */
  static ofLines(bytes: Buffer, lineBytes: number, isKept: (line: number) => boolean = () => true): ExpectedRecords {
    const lines: number[] = []
    for (let line = 0; line < bytes.length / lineBytes; line++) if (isKept(line)) lines.push(line)
    const offsets = Float64Array.from(lines, (line) => line * lineBytes)
    return new ExpectedRecords(bytes, offsets, (index) => {
      const start = offsets[index] as number
      return { start, end: start + lineBytes - 1 }
    })
  }

  /** Events of one or more lines of a file, by the offsets at which they begin; the line feed at an event's end is not part of it. */
  static ofEvents(bytes: Buffer, offsets: readonly number[]): ExpectedRecords {
    return new ExpectedRecords(bytes, offsets, (index) => ({
      start: offsets[index] as number,
      end: (offsets[index + 1] ?? bytes.length) - 1,
    }))
  }

  /** Lines of a file in another encoding: `values` holds them as UTF-8, `valueBytes` each, without anything between them. */
  static ofValues(values: Buffer, valueBytes: number, lineBytes: number): ExpectedRecords {
    const offsets = Float64Array.from({ length: values.length / valueBytes }, (_, line) => line * lineBytes)
    return new ExpectedRecords(values, offsets, (index) => ({
      start: index * valueBytes,
      end: (index + 1) * valueBytes,
    }))
  }

  get count(): number {
    return this.#offsets.length
  }

  /** Number of the record that begins at this offset of the file; −1 where none does. */
  indexAt(offset: number): number {
    let low = 0
    let high = this.#offsets.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.#offsets[middle] as number
      if (found === offset) return middle
      if (found < offset) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  /** Whether these bytes are the value of record `index`. */
  isValue(index: number, bytes: Buffer, start: number, end: number): boolean {
    const value = this.#value(index)
    return (
      end - start === value.end - value.start && this.#bytes.compare(bytes, start, end, value.start, value.end) === 0
    )
  }
}

/** The records of several files, numbered through in the order of the files, and which of them have been met. */
export class Tally {
  readonly #files: { path: string; first: number; records: ExpectedRecords }[] = []
  readonly #byPath = new Map<string, number>()
  readonly #seen: Uint8Array
  readonly count: number

  constructor(files: readonly { path: string; records: ExpectedRecords }[]) {
    let count = 0
    for (const [index, { path, records }] of files.entries()) {
      this.#byPath.set(path, index)
      this.#files.push({ path, first: count, records })
      count += records.count
    }
    this.count = count
    this.#seen = new Uint8Array(count)
  }

  /** The record at this offset of the file is there, with these bytes. Throws a sentence where that is not so, or it was there before. */
  meet(path: string, offset: number, bytes: Buffer, start: number, end: number): void {
    const file = this.#files[this.#byPath.get(path) ?? -1]
    if (file === undefined) throw new Error(`A record says that it comes from ${path}, which was not collected.`)
    const index = file.records.indexAt(offset)
    if (index < 0) throw new Error(`A record says that it begins at ${offset} of ${path}, where none begins.`)
    if (this.#seen[file.first + index] !== 0) throw new Error(`The record at ${offset} of ${path} is there twice.`)
    if (!file.records.isValue(index, bytes, start, end)) {
      const text = bytes.toString('utf8', start, Math.min(end, start + 300))
      throw new Error(`The record at ${offset} of ${path} is not what the file holds. It reads: ${text}`)
    }
    this.#seen[file.first + index] = 1
  }

  /** Throws a sentence that names the first record that has not been met. */
  requireAll(): void {
    const missing = this.#seen.indexOf(0)
    if (missing < 0) return
    const count = this.#seen.reduce((sum, seen) => sum + (seen === 0 ? 1 : 0), 0)
    const file = this.#files.findLast(({ first }) => first <= missing)
    throw new Error(
      `${count} of ${this.count} records are missing; the first is number ${missing - (file?.first ?? 0)} of ${file?.path}.`,
    )
  }
}
