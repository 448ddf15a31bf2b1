import { escapes, hexUnit, letterU } from './json-string.ts'

const quote = 34
const backslash = 92
/** Deeper values are refused: nothing that a container runtime writes comes near. */
const maxDepth = 32

const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** Steps over JSON in bytes, as strict as JSON.parse. Positions are given and returned; −1 says that this is no JSON. One owner. */
export class JsonScanner {
  /** Set by `stringEnd`: position of the string's first backslash; −1 where it has none. */
  escapeAt = -1

  /** Position of the quote that closes the string whose content begins at `at`. */
  stringEnd(bytes: Buffer, at: number, end: number): number {
    let escapeAt = -1
    for (let i = at; i < end; i++) {
      const byte = bytes[i] as number
      if (byte === quote) {
        this.escapeAt = escapeAt
        return i
      }
      if (byte < 32) return -1
      if (byte !== backslash) continue
      if (escapeAt < 0) escapeAt = i
      const letter = ++i < end ? (bytes[i] as number) : 0
      if (letter === letterU ? hexUnit(bytes, i + 1, end) < 0 : escapes[letter] === 0) return -1
    }
    return -1
  }

  /** Position behind the value that begins at `at`, whatever it is. */
  valueEnd(bytes: Buffer, at: number, end: number, depth = 0): number {
    const first = at < end ? (bytes[at] as number) : 0
    if (first === quote) return this.#behindString(bytes, at, end)
    if (first !== 123 && first !== 91) return scalarEnd(bytes, at, end)
    return depth < maxDepth ? this.#membersEnd(bytes, at + 1, end, depth + 1, first === 123) : -1
  }

  #behindString(bytes: Buffer, at: number, end: number): number {
    const close = this.stringEnd(bytes, at + 1, end)
    return close < 0 ? -1 : close + 1
  }

  /** The rest of an object or array behind its opening bracket. */
  #membersEnd(bytes: Buffer, from: number, end: number, depth: number, isObject: boolean): number {
    const close = isObject ? 125 : 93
    let at = skipSpace(bytes, from, end)
    if (at < end && bytes[at] === close) return at + 1
    for (;;) {
      if (isObject) {
        const behindKey = at < end && bytes[at] === quote ? this.#behindString(bytes, at, end) : -1
        if (behindKey < 0) return -1
        at = skipSpace(bytes, behindKey, end)
        if (at >= end || bytes[at] !== 58) return -1
        at = skipSpace(bytes, at + 1, end)
      }
      at = this.valueEnd(bytes, at, end, depth)
      if (at < 0) return -1
      at = skipSpace(bytes, at, end)
      if (at >= end) return -1
      if (bytes[at] === close) return at + 1
      if (bytes[at] !== 44) return -1
      at = skipSpace(bytes, at + 1, end)
    }
  }
}

/** Position behind white space. */
export function skipSpace(bytes: Buffer, at: number, end: number): number {
  let next = at
  while (next < end && isSpace(bytes[next] as number)) next++
  return next
}

function scalarEnd(bytes: Buffer, at: number, end: number): number {
  let next = at
  while (next < end && isScalarByte(bytes[next] as number)) next++
  return scalar.test(bytes.toString('latin1', at, next)) ? next : -1
}

function isScalarByte(byte: number): boolean {
  const lower = byte | 32
  return (lower >= 97 && lower <= 122) || (byte >= 48 && byte <= 57) || byte === 43 || byte === 45 || byte === 46
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 13
}
