import type { TriedLine } from '../trial/try-lines.ts'

/** A line of a file. */
export interface NumberedLine extends TriedLine {
  /** From 1. */
  readonly number: number
}

const newline = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
/** Lines handed on together, at most, and the bytes from which on they are. */
const maxLines = 500
const maxBytes = 1_048_576

/** The lines of a stream in portions; a byte order mark in front and a carriage return before a newline are dropped, as the agent does. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<NumberedLine[]> {
  let rest = Buffer.alloc(0)
  let offset = 0
  let number = 0
  let portion: NumberedLine[] = []
  let bytes = 0
  const take = (line: Buffer): void => {
    const start =
      offset === 0 && line.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0
    const end = line.length > start && line.at(-1) === carriageReturn ? line.length - 1 : line.length
    portion.push({ number: ++number, offset: offset + start, bytes: line.subarray(start, end) })
    bytes += line.length
  }
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, start)) {
      take(rest.subarray(start, end))
      offset += end + 1 - start
      start = end + 1
      if (portion.length < maxLines && bytes < maxBytes) continue
      yield portion
      portion = []
      bytes = 0
    }
    rest = rest.subarray(start)
  }
  if (rest.length > 0) take(rest)
  if (portion.length > 0) yield portion
}
