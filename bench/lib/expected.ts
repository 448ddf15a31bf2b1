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
