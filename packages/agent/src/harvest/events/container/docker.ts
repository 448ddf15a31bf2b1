import type { StreamNumber, Unwrapper } from '../stages.ts'
import { JsonScanner, skipSpace } from './json-scan.ts'
import { JsonUnescaper } from './json-string.ts'

const newline = 10
const carriageReturn = 13
const quote = 34
const letterN = 110

const logKey = Buffer.from('log')
const streamKey = Buffer.from('stream')
const stdout = Buffer.from('stdout')
const stderr = Buffer.from('stderr')

/**
 * Docker's json-file format: one JSON object a line, `{"log":"…\n","stream":"stdout","time":"…"}`, keys in any order, others
 * beside them. A `log` without a newline at its end is a piece of a line. Without `stream`: standard output. Of a key that stands
 * twice, the last counts.
 */
export class DockerUnwrapper implements Unwrapper {
  payload: Buffer = Buffer.alloc(0)
  payloadStart = 0
  payloadEnd = 0
  isPartial = false
  stream: StreamNumber = 0
  readonly #scanner = new JsonScanner()
  /** Holds the payload where it had to be unescaped. */
  readonly #log = new JsonUnescaper()
  readonly #other = new JsonUnescaper()

  take(bytes: Buffer, start: number, end: number): boolean {
    const scanner = this.#scanner
    let at = skipSpace(bytes, start, end)
    if (at >= end || bytes[at] !== 123) return false
    this.stream = 0
    let hasLog = false
    let hasStream = true
    do {
      const keyAt = skipSpace(bytes, at + 1, end) + 1
      if (keyAt > end || bytes[keyAt - 1] !== quote) return false
      const keyEnd = scanner.stringEnd(bytes, keyAt, end)
      if (keyEnd < 0) return false
      const isLog = this.#is(logKey, bytes, keyAt, keyEnd)
      const isStream = !isLog && this.#is(streamKey, bytes, keyAt, keyEnd)
      const colon = skipSpace(bytes, keyEnd + 1, end)
      if (colon >= end || bytes[colon] !== 58) return false
      const valueAt = skipSpace(bytes, colon + 1, end)
      at = scanner.valueEnd(bytes, valueAt, end)
      if (at < 0) return false
      const isString = bytes[valueAt] === quote
      if (isLog) {
        hasLog = isString
        if (isString) this.#takeLog(bytes, valueAt + 1, at - 1)
      } else if (isStream) {
        hasStream = isString && this.#takeStream(bytes, valueAt + 1, at - 1)
      }
      at = skipSpace(bytes, at, end)
    } while (at < end && bytes[at] === 44)
    return hasLog && hasStream && at < end && bytes[at] === 125 && skipSpace(bytes, at + 1, end) === end
  }

  /** Sets the payload from the string that the scanner has just stepped over. */
  #takeLog(bytes: Buffer, start: number, end: number): void {
    // Most lines have one escape, the newline at their end: they stay where they are.
    const { escapeAt } = this.#scanner
    if (escapeAt < 0) return this.#set(bytes, start, end, true)
    if (escapeAt === end - 2 && bytes[end - 1] === letterN) return this.#set(bytes, start, escapeAt, false)
    this.#log.unescape(bytes, start, end)
    const { bytes: text, length } = this.#log
    if (length === 0 || text[length - 1] !== newline) return this.#set(text, 0, length, true)
    const hasReturn = length > 1 && text[length - 2] === carriageReturn
    this.#set(text, 0, hasReturn ? length - 2 : length - 1, false)
  }

  #set(payload: Buffer, start: number, end: number, isPartial: boolean): void {
    this.payload = payload
    this.payloadStart = start
    this.payloadEnd = end
    this.isPartial = isPartial
  }

  #takeStream(bytes: Buffer, start: number, end: number): boolean {
    const isError = this.#is(stderr, bytes, start, end)
    this.stream = isError ? 1 : 0
    return isError || this.#is(stdout, bytes, start, end)
  }

  /** Whether the string that the scanner has just stepped over says `word`. */
  #is(word: Buffer, bytes: Buffer, start: number, end: number): boolean {
    if (this.#scanner.escapeAt < 0) return end - start === word.length && equals(word, bytes, start)
    this.#other.unescape(bytes, start, end)
    return this.#other.length === word.length && equals(word, this.#other.bytes, 0)
  }
}

function equals(word: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}
