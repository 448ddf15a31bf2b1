import { hash } from 'node:crypto'

/** Bytes from the beginning of a file that tell its content from that of others. */
export const headBytes = 1_024
/** Bytes before an offset that tell whether what was read up to there still stands there. */
export const cursorBytes = 256

/** Characters of a print's hash: 132 bits. */
const hashLength = 22

/** A hash of `length` bytes at a place that the owner knows. Compared by prefix: only those bytes count, more may follow. */
export interface Print {
  readonly length: number
  readonly hash: string
}

/** The print of no bytes; matches everything. */
export const emptyPrint: Print = { length: 0, hash: '' }

/** The print of `bytes[start, end)`. */
export function printOf(bytes: Buffer, start: number, end: number): Print {
  if (end <= start) return emptyPrint
  return { length: end - start, hash: hash('sha256', bytes.subarray(start, end), 'base64url').slice(0, hashLength) }
}

/** Whether the bytes from `start` on begin with those of the print; false where `bytes` ends before them. */
export function matchesPrint(print: Print, bytes: Buffer, start: number, end: number): boolean {
  if (print.length === 0) return true
  if (end - start < print.length) return false
  return printOf(bytes, start, start + print.length).hash === print.hash
}
