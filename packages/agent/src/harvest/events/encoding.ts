import { TextDecoder } from 'node:util'
import { LogpipeError } from '@logpipe/runtime'
import { pieceEnd, wholeUtf8End } from '../lines.ts'

/** Bytes that a character of the encodings at hand has at most. */
const maxCharacterBytes = 4
/** Encodings whose characters have one byte or two and more, told apart by the first; the others may have any value. */
const multiByte = new Set(['gbk', 'gb18030', 'big5', 'shift_jis', 'euc-jp', 'euc-kr'])
/** Bytes that may be the second or a later one of a character: letters and what stands among them, and digits in GB18030. */
const isTrailByte = (byte: number): boolean => byte >= 0x40 || (byte >= 0x30 && byte <= 0x39)

/** How the text of a file is written, and what ends its lines. Stateless: may be shared. */
export class TextEncoding {
  /** Its WHATWG name. */
  readonly name: string
  /** Bytes of the least part of a character: everything stands at multiples of it. */
  readonly unitBytes: 1 | 2
  /** What ends a line, as the file holds it, and as UTF-8. */
  readonly delimiter: Buffer
  readonly utf8Delimiter: Buffer
  /** Whether a return before the delimiter is dropped. */
  readonly dropsReturn: boolean
  /** The mark that may stand at a file's beginning. */
  readonly mark: Buffer
  /** Decoders, one that throws and one that replaces; for whole calls only, so they may be shared. Marks are left as they are. */
  readonly strict: TextDecoder
  readonly lenient: TextDecoder
  /** Whether pure ASCII text is written as in ASCII. */
  readonly isAsciiSuperset: boolean

  /** Throws `settings_invalid` where the delimiter cannot be found in text of this encoding for sure, or the encoding cannot be read. */
  constructor(name: string, delimiter: string) {
    this.name = name
    this.unitBytes = name.startsWith('utf-16') ? 2 : 1
    this.isAsciiSuperset = this.unitBytes === 1
    this.dropsReturn = delimiter === '\n'
    this.utf8Delimiter = Buffer.from(delimiter)
    this.delimiter = encodeDelimiter(name, delimiter)
    this.strict = new TextDecoder(name, { fatal: true, ignoreBOM: true })
    this.lenient = new TextDecoder(name, { ignoreBOM: true })
    const mark = name === 'utf-8' ? [0xef, 0xbb, 0xbf] : name === 'utf-16le' ? [0xff, 0xfe] : [0xfe, 0xff]
    this.mark = Buffer.from(name === 'utf-8' || this.unitBytes === 2 ? mark : [])
  }

  get isUtf8(): boolean {
    return this.name === 'utf-8'
  }

  /** Bytes of UTF-8 that one byte of it becomes at most. */
  get growth(): number {
    return this.isUtf8 ? 1 : 3
  }

  /** Where the last delimiter in `bytes[start, end)` ends; `start` where there is none. */
  lastLineEnd(bytes: Buffer, start: number, end: number): number {
    const { delimiter, unitBytes } = this
    const view = bytes.subarray(start, end)
    let at = view.lastIndexOf(delimiter)
    while (at > 0 && at % unitBytes !== 0) at = view.lastIndexOf(delimiter, at - 1)
    return at >= 0 && at % unitBytes === 0 ? start + at + delimiter.length : start
  }

  /** The largest end up to `end` at which `bytes[start, …)` does not stop within a character. What cannot be read is taken as it is. */
  wholeCharacters(bytes: Buffer, start: number, end: number): number {
    if (this.isUtf8) {
      return end < bytes.length ? pieceEnd(bytes, start, end - start) : wholeUtf8End(bytes, start, end)
    }
    if (this.unitBytes === 2) {
      const even = end - ((end - start) & 1)
      const high = bytes[even - (this.name === 'utf-16le' ? 1 : 2)] ?? 0
      return even - start >= 2 && (high & 0xfc) === 0xd8 ? even - 2 : even
    }
    if (!multiByte.has(this.name)) return end
    for (let at = end; at > Math.max(start, end - maxCharacterBytes); at--) {
      // What the decoder holds back is the beginning of a character; bytes that are none at all it replaces at once.
      this.lenient.decode(bytes.subarray(start, at), { stream: true })
      if (this.lenient.decode() === '') return at
    }
    // So few bytes may be the beginning of a character.
    return end - start < maxCharacterBytes ? start : end
  }
}

function encodeDelimiter(name: string, delimiter: string): Buffer {
  if (name === 'utf-8') return Buffer.from(delimiter)
  if (name.startsWith('utf-16')) {
    const bytes = Buffer.from(delimiter, 'utf16le')
    return name === 'utf-16le' ? bytes : bytes.swap16()
  }
  if (name === 'iso-2022-jp' || name === 'replacement') throw fault(`Files in ${name} cannot be read line by line.`)
  const bytes = Buffer.from(Array.from(delimiter, (character) => byteOf(name, character)))
  if (multiByte.has(name) && isTrailByte(bytes[0] as number)) {
    throw fault(
      `delimiter ${JSON.stringify(delimiter)} may be a part of other characters in ${name}; use a control character, or one such as # or ;`,
    )
  }
  return bytes
}

function byteOf(name: string, character: string): number {
  if (character <= '\u007f') return character.charCodeAt(0)
  const decoder = new TextDecoder(name)
  for (let byte = 0x80; byte <= 0xff && !multiByte.has(name); byte++) {
    if (decoder.decode(Uint8Array.of(byte)) === character) return byte
  }
  throw fault(
    `delimiter holds ${JSON.stringify(character)}, which cannot be written in ${name} as one byte; use ASCII characters.`,
  )
}

function fault(message: string): LogpipeError {
  return new LogpipeError('settings_invalid', message)
}
