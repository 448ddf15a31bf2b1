const backslash = 92
const replacementChar = 0xfffd

/** What a byte after a backslash stands for; 0: nothing, `u` is looked at apart. */
export const escapes = new Uint8Array(256)
for (const [letter, meant] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})) {
  escapes[letter.charCodeAt(0)] = meant.charCodeAt(0)
}
export const letterU = 117

/** Unescapes JSON strings into memory that it uses again for the next one. One owner. */
export class JsonUnescaper {
  /** Set by `unescape`; valid until the next one. */
  bytes: Buffer = Buffer.allocUnsafeSlow(4_096)
  /** Set by `unescape`: so many of `bytes` are the string, in UTF-8. */
  length = 0

  /** Unescapes what stands between two quotes, `source[start, end)`, after `JsonScanner` has found it good. */
  unescape(source: Buffer, start: number, end: number): void {
    // No escape is shorter than what it stands for.
    if (this.bytes.length < end - start) this.bytes = Buffer.allocUnsafeSlow(2 * (end - start))
    const bytes = this.bytes
    let length = 0
    let at = start
    while (at < end) {
      if (source[at] !== backslash) {
        const found = source.indexOf(backslash, at)
        const runEnd = found < 0 || found > end ? end : found
        length += source.copy(bytes, length, at, runEnd)
        at = runEnd
        continue
      }
      const letter = source[at + 1] as number
      if (letter === letterU) {
        let unit = hexUnit(source, at + 2, end)
        at += 6
        if (unit >= 0xd800 && unit < 0xdc00 && source[at] === backslash && source[at + 1] === letterU) {
          const low = hexUnit(source, at + 2, end)
          if (low >= 0xdc00 && low < 0xe000) {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
            at += 6
          }
        }
        length = writeChar(bytes, length, unit >= 0xd800 && unit < 0xe000 ? replacementChar : unit)
        continue
      }
      bytes[length++] = escapes[letter] as number
      at += 2
    }
    this.length = length
  }
}

/** The 16 bits that four hexadecimal digits at `at` say; −1 where there are none. */
export function hexUnit(source: Buffer, at: number, end: number): number {
  if (at + 4 > end) return -1
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const byte = source[i] as number
    const lower = byte | 32
    if (byte >= 48 && byte <= 57) unit = unit * 16 + byte - 48
    else if (lower >= 97 && lower <= 102) unit = unit * 16 + lower - 87
    else return -1
  }
  return unit
}

/** Writes a character as UTF-8; returns the position behind it. */
function writeChar(into: Buffer, at: number, char: number): number {
  if (char < 0x80) {
    into[at] = char
    return at + 1
  }
  const count = char < 0x800 ? 2 : char < 0x10000 ? 3 : 4
  let rest = char
  for (let i = at + count - 1; i > at; i--) {
    into[i] = 0x80 | (rest & 0x3f)
    rest >>>= 6
  }
  into[at] = ((0xf00 >> count) & 0xff) | rest
  return at + count
}
