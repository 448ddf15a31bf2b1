import { Words } from './words.ts'

/** Bytes that `writeJsonText` may need for one byte of text: `\u001f`, or U+FFFD for a byte that is not UTF-8. */
export const maxEscapedBytes = 6

const quote = 0x22
const backslash = 0x5c
const hex = Buffer.from('0123456789abcdef', 'latin1')
/** The letter of the short escape (`\n`) by control character; 0 where there is none. */
const shortEscapes = new Uint8Array(32)
for (const [letter, control] of Object.entries({ b: 8, t: 9, n: 10, f: 12, r: 13 })) {
  shortEscapes[control] = letter.charCodeAt(0)
}

/** Four times the same byte, to look at four bytes of a word at once. */
const highBits = 0x80808080 | 0
const ones = 0x01010101
const spaces = 0x20202020
const quotes = 0x22222222
const backslashes = 0x5c5c5c5c

/**
 * Writes `text[start, end)` into `out` at `at` as the inside of a JSON string; returns the position after it. Bytes that are
 * not UTF-8 become U+FFFD, one for each maximal broken part, exactly as TextDecoder does it. `out` must have room for
 * `maxEscapedBytes` times the length; up to eight bytes behind the returned position may be overwritten.
 *
 * Log lines are ASCII with a quote here and there, so eight bytes are copied, and looked at, in one go: two words of four. The high bit of a
 * byte of a word's marks says that this byte needs more than copying:
 *
 *   word | word − 0x20… | (word ^ 0x22…) − 0x01… | (word ^ 0x5c…) − 0x01…
 *   ≥ 0x80     < 0x20             quote                   backslash
 *
 * A borrow reaches only bytes above one that is marked already, so the lowest mark is always right; only that one is used.
 */
export function writeJsonText(out: Uint8Array, at: number, text: Uint8Array, start: number, end: number): number {
  const target = targetWords.of(out)
  const source = sourceWords.of(text)
  const lastPair = end - 8
  let i = start
  for (;;) {
    // What stands at i goes to i + shift.
    const shift = at - i
    while (i <= lastPair) {
      const word = source.getInt32(i, true)
      const next = source.getInt32(i + 4, true)
      target.setInt32(i + shift, word, true)
      target.setInt32(i + shift + 4, next, true)
      const marks = marksOf(word)
      const nextMarks = marksOf(next)
      if ((marks | nextMarks) !== 0) {
        i += marks !== 0 ? plainBytes(marks) : 4 + plainBytes(nextMarks)
        break
      }
      i += 8
    }
    if (i > lastPair && i <= end - 4) {
      const word = source.getInt32(i, true)
      target.setInt32(i + shift, word, true)
      i += plainBytes(marksOf(word))
    }
    at = i + shift
    if (i >= end) return at
    const byte = text[i] as number
    if (byte < 0x80) {
      at = writeAscii(out, at, byte)
      i++
      continue
    }
    const length = sequenceLength(text, i, end)
    if (length > 0) {
      for (const stop = i + length; i < stop; i++) out[at++] = text[i] as number
    } else {
      out[at++] = 0xef
      out[at++] = 0xbf
      out[at++] = 0xbd
      i -= length
    }
  }
}

/**
 * Where in `text[start, end)` the first byte stands that needs more than copying: what JSON escapes, and what is not ASCII; `end` where there
 * is none. By words, as `writeJsonText`.
 */
export function plainEnd(text: Uint8Array, start: number, end: number): number {
  const source = sourceWords.of(text)
  const lastWord = end - 4
  let i = start
  for (; i <= lastWord; i += 4) {
    const marks = marksOf(source.getInt32(i, true))
    if (marks !== 0) return i + plainBytes(marks)
  }
  while (i < end && isPlainByte(text[i] as number)) i++
  return i
}

/** Whether JSON has this byte as it is. */
export function isPlainByte(byte: number): boolean {
  return byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash
}

/** Marks of the bytes of a word that need more than copying; below the lowest one there is none. */
function marksOf(word: number): number {
  return (word | (word - spaces) | ((word ^ quotes) - ones) | ((word ^ backslashes) - ones)) & highBits
}

/** How many bytes of a word stand before the lowest mark; 4 where there is none. */
function plainBytes(marks: number): number {
  return marks === 0 ? 4 : (31 - Math.clz32(marks & -marks)) >> 3
}

const sourceWords = new Words()
const targetWords = new Words()

/** One character below 0x80, escaped where JSON wants that. */
function writeAscii(out: Uint8Array, at: number, byte: number): number {
  if (byte < 0x20 || byte === quote || byte === backslash) return writeEscape(out, at, byte)
  out[at++] = byte
  return at
}

function writeEscape(out: Uint8Array, at: number, byte: number): number {
  out[at++] = backslash
  if (byte >= 0x20) {
    out[at++] = byte
    return at
  }
  const letter = shortEscapes[byte] as number
  if (letter !== 0) {
    out[at++] = letter
    return at
  }
  out[at++] = 0x75 // u
  out[at++] = 0x30
  out[at++] = 0x30
  out[at++] = hex[byte >> 4] as number
  out[at++] = hex[byte & 15] as number
  return at
}

/** Length of the UTF-8 sequence that begins at `i` with a byte ≥ 0x80; minus the length of its broken part where it is none. */
function sequenceLength(text: Uint8Array, i: number, end: number): number {
  const lead = text[i] as number
  if (lead < 0xc2 || lead > 0xf4) return -1
  // Only the second byte's range depends on the lead: no overlong forms, no surrogates, nothing above U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  const second = i + 1 < end ? (text[i + 1] as number) : 0
  if (second < low || second > high) return -1
  for (let n = 2; n < length; n++) {
    const next = i + n < end ? (text[i + n] as number) : 0
    if (next < 0x80 || next > 0xbf) return -n
  }
  return length
}
