/** A field that may be found in a line. `text`: its bytes; `digits`: the bytes of a number as JSON has them; `number`: one that was reckoned. */
export interface FoundField {
  readonly path: string
  readonly kind: 'text' | 'digits' | 'number'
}

/** What was found in one line: by number of the field, where it stands in the line. Reused from line to line. One owner. */
export class Found {
  timestampMs = Number.NaN
  /** Whether JSON has all texts that were found as they are: nothing to escape, and ASCII. */
  isPlain = true
  /** −1 for what was not found. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly numbers: Float64Array

  constructor(fields: number) {
    this.starts = new Int32Array(fields)
    this.ends = new Int32Array(fields)
    this.numbers = new Float64Array(fields)
  }

  /** Forgets all, for the next line. */
  clear(timestampMs: number): void {
    this.timestampMs = timestampMs
    this.isPlain = true
    const { starts } = this
    for (let field = 0; field < starts.length; field++) starts[field] = -1
  }

  put(field: number, start: number, end: number): void {
    this.starts[field] = start
    this.ends[field] = end
  }

  putNumber(field: number, value: number): void {
    this.starts[field] = 0
    this.numbers[field] = value
  }
}

/**
 * Finds the fields of a line in its bytes, without making a text or an object. It knows what servers mostly write: any line that it is not
 * sure of it leaves to its processor, which must find the same in all others.
 */
export interface LineScan {
  /** All that it may find. */
  readonly fields: readonly FoundField[]
  /** Fills `found`, which was cleared, from `line[start, end)`. False: this line is to be read by the processor. */
  run(found: Found, line: Buffer, start: number, end: number): boolean
}
