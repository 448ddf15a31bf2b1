import { isFloat64, isInt64, isTime, isUint64, type Precision } from './numbers.ts'

const tab = 0x09
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const quote = 0x22
const hash = 0x23
const comma = 0x2c
const equals = 0x3d
const backslash = 0x5c

const booleans = new Set(['t', 'T', 'true', 'True', 'TRUE', 'f', 'F', 'false', 'False', 'FALSE'])
/** Longest token that can be a number or a truth value. */
const longestToken = 400

/**
 * Reads line protocol line by line, more strictly than InfluxDB does: what it lets pass means the same to every version, so
 * that no line can swallow or change another one. Blank lines and comments are passed over. One owner.
 *
 *   weather,host=web\ 1,disk=sda temperature=21.5,ok=t,note="a, b" 1700000000000000000
 *   │      └ measurementEnd     │└ fieldsStart           fieldsEnd ┘ └ timeStart     └ timeEnd
 *   └ keyStart           keyEnd ┘
 */
export class LineScanner {
  buffer: Buffer = Buffer.alloc(0)
  keyStart = 0
  measurementEnd = 0
  keyEnd = 0
  fieldsStart = 0
  fieldsEnd = 0
  /** −1 where the line has no time. */
  timeStart = -1
  timeEnd = -1
  /** What is wrong with the line at which `next` stopped; null where it stopped at the end. */
  fault: string | null = null
  readonly #precision: Precision
  #at = 0
  #end = 0
  #line = 0

  constructor(precision: Precision) {
    this.#precision = precision
  }

  /** Begins with `buffer[start, end)`, which is to be sound UTF-8. */
  reset(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer
    this.#at = start
    this.#end = end
    this.#line = 0
    this.fault = null
  }

  /** Goes to the next line that holds a point. False at the end, and at the first line that is wrong: then `fault` says what is. */
  next(): boolean {
    while (this.#skipToLine()) {
      if (this.#peek() === hash) {
        this.#skipComment()
        continue
      }
      this.fault = this.#point()
      if (this.fault !== null) this.fault = `line ${this.#line}: ${this.fault}`
      return this.fault === null
    }
    return false
  }

  /** Whether the line at hand has a tag of this key, escaped as it stands in line protocol. */
  hasTag(key: Buffer): boolean {
    let at = this.measurementEnd
    while (at < this.keyEnd) {
      const start = at + 1
      const end = this.#endOf(start, equals, equals)
      if (end - start === key.length && key.compare(this.buffer, start, end) === 0) return true
      at = this.#endOf(end + 1, comma, space)
    }
    return false
  }

  #peek(): number {
    return this.#at < this.#end ? (this.buffer[this.#at] as number) : newline
  }

  /** From the beginning of a line to the first byte of one that is not blank. */
  #skipToLine(): boolean {
    while (this.#at < this.#end) {
      this.#line++
      while (this.#peek() === space || this.#peek() === tab) this.#at++
      if (!this.#isAtLineEnd()) return true
      this.#skipLineEnd()
    }
    return false
  }

  #skipComment(): void {
    const end = this.buffer.indexOf(newline, this.#at)
    this.#at = end < 0 || end > this.#end ? this.#end : end + 1
  }

  /** The whole line from its first byte on; `#at` is behind its newline then. Returns what is wrong with it. */
  #point(): string | null {
    this.keyStart = this.#at
    const key = this.#key()
    if (key !== null) return key
    this.keyEnd = this.#at
    this.#skipBlanks()
    this.fieldsStart = this.#at
    do {
      const field = this.#field()
      if (field !== null) return field
    } while (this.#take(comma))
    this.fieldsEnd = this.#at
    return this.#time()
  }

  /** Measurement and tags. */
  #key(): string | null {
    const measurement = this.#name('the measurement', comma, space, -1)
    if (measurement !== null) return measurement
    this.measurementEnd = this.#at
    while (this.#take(comma)) {
      const name = this.#name('a tag', equals, equals, comma)
      if (name !== null) return name
      if (!this.#take(equals)) return 'a tag has no value'
      const value = this.#name("a tag's value", comma, space, equals)
      if (value !== null) return value
    }
    return this.#peek() === space ? null : 'there are no fields'
  }

  #field(): string | null {
    const name = this.#name('a field', equals, equals, comma)
    if (name !== null) return name
    if (!this.#take(equals)) return 'a field has no value'
    return this.#peek() === quote ? this.#string() : this.#plainValue()
  }

  /** A string in quotes. It may hold newlines; `\"` and `\\` are escapes. */
  #string(): string | null {
    const { buffer } = this
    for (let at = this.#at + 1; at < this.#end; at++) {
      const byte = buffer[at]
      if (byte === backslash) at++
      else if (byte === newline) this.#line++
      else if (byte === quote) {
        this.#at = at + 1
        return this.#isBehindValue() ? null : 'there is something behind the quotes of a string'
      }
    }
    return 'a string has no end'
  }

  #plainValue(): string | null {
    const text = this.#token()
    if (text === null) return 'a value is none of string, number, true and false'
    const number = text.slice(0, -1)
    const isKnown =
      isFloat64(text) ||
      (text.endsWith('i') && isInt64(number)) ||
      (text.endsWith('u') && isUint64(number)) ||
      booleans.has(text)
    return isKnown ? null : 'a value is none of string, number, true and false, or beyond 64 bits'
  }

  #time(): string | null {
    this.timeStart = -1
    this.#skipBlanks()
    if (!this.#isAtLineEnd()) {
      this.timeStart = this.#at
      const text = this.#token()
      if (text === null || !isTime(text, this.#precision)) return 'the time is no whole number, or beyond 1677 to 2262'
      this.timeEnd = this.#at
      this.#skipBlanks()
    }
    if (!this.#isAtLineEnd()) return 'there is something behind the time'
    this.#skipLineEnd()
    return null
  }

  /** Bytes up to the next comma, blank or line end; null where there are none, or too many. Moves behind them. */
  #token(): string | null {
    const start = this.#at
    while (!this.#isBehindValue() && this.#at - start <= longestToken) this.#at++
    const length = this.#at - start
    return length === 0 || length > longestToken ? null : this.buffer.toString('latin1', start, this.#at)
  }

  /** A name up to one of two bytes, or to the line's end. `forbidden` must not stand in it without a backslash. */
  #name(what: string, stop: number, otherStop: number, forbidden: number): string | null {
    const { buffer } = this
    const start = this.#at
    let at = start
    for (; at < this.#end; at++) {
      const byte = buffer[at] as number
      if (byte === stop || byte === otherStop || byte === newline) break
      if (byte < space || byte === 0x7f) return `${what} holds a control character`
      if (byte === forbidden || byte === space)
        return `${what} holds a '${String.fromCharCode(byte)}' without a backslash`
      if (byte === backslash) {
        const end = this.#backslashes(at)
        if (end < 0) return `${what} holds backslashes that can be read in two ways`
        at = end - 1
      }
    }
    this.#at = at
    return at === start ? `${what} is empty` : null
  }

  /**
   * Behind the backslashes at `at` and what they escape. −1 where versions of InfluxDB, or its own steps, read them
   * differently: several before a separator or a quote, or one at the end of the line, which hides the newline.
   */
  #backslashes(at: number): number {
    const { buffer } = this
    let end = at
    while (end < this.#end && buffer[end] === backslash) end++
    const next = end < this.#end ? (buffer[end] as number) : newline
    if (next === newline || next === carriageReturn) return -1
    const isSeparator = next === comma || next === equals || next === space
    if (!isSeparator && next !== quote) return end
    if (end - at > 1) return -1
    return end + 1
  }

  /** The first of two separators from `at` on that has no backslash before it, in a line that was found sound. */
  #endOf(at: number, stop: number, otherStop: number): number {
    let end = at
    for (; end < this.keyEnd; end++) {
      const byte = this.buffer[end]
      if (byte === stop || byte === otherStop) break
      if (byte === backslash) end = this.#backslashes(end) - 1
    }
    return end
  }

  #skipBlanks(): void {
    while (this.#peek() === space) this.#at++
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) return false
    this.#at++
    return true
  }

  #isBehindValue(): boolean {
    const byte = this.#peek()
    return byte === comma || byte === space || this.#isAtLineEnd()
  }

  #skipLineEnd(): void {
    if (this.#peek() === carriageReturn) this.#at++
    this.#at++
  }

  #isAtLineEnd(): boolean {
    const byte = this.#peek()
    if (byte === newline) return true
    if (byte !== carriageReturn) return false
    return this.#at + 1 >= this.#end || this.buffer[this.#at + 1] === newline
  }
}
