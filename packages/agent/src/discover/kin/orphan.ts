import type { Cursor } from '../../harvest/cursor.ts'
import type { Source } from '../../harvest/source.ts'
import type { PlanEntry } from '../../plan/compile.ts'
import { cursorBytes, headBytes, matchesPrint } from '../fingerprint.ts'
import { peek } from '../../harvest/peek.ts'

/** A source whose content is no longer in its file: its file was truncated or rewritten. A copy of the content may be elsewhere. */
export interface Orphan {
  readonly source: Source
  /** The bytes before `source.read`. */
  readonly cursor: Cursor
  readonly entry: PlanEntry
  /** How much of it had not been read, as far as that is known. */
  readonly unreadBytes: number
}

const cursorScratch = Buffer.allocUnsafeSlow(cursorBytes)

/** The first bytes of a file, up to 1 KiB. */
export function headOf(fd: number): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes)
  return bytes.subarray(0, peek(fd, bytes, 0, headBytes))
}

/** Whether the file holds, before the offset, the bytes that were read there. */
export function hasCursor(fd: number, cursor: Cursor, offset: number): boolean {
  const { length } = cursor
  const got = peek(fd, cursorScratch, offset - length, length)
  return cursor.matches(cursorScratch.subarray(0, got), got)
}

/** Whether a file of `size` bytes that begins with `head` holds all that was read of the orphan. */
export function isCopyOf({ source, cursor }: Orphan, fd: number, size: number, head: Buffer): boolean {
  // Without a print of its beginning nothing of it was ever sent: then there is nothing to go on with.
  if (source.head.length === 0 || size < source.read) return false
  // A copy that is shorter than the known beginning is not believed: other lines would go under the ids of some that were sent.
  return matchesPrint(source.head, head, 0, head.length) && hasCursor(fd, cursor, source.read)
}

const tails = [Buffer.allocUnsafeSlow(cursorBytes), Buffer.allocUnsafeSlow(cursorBytes)] as const

/** Whether both files hold the same ≤ 256 bytes before `end`. */
export function sameBytesBefore(end: number, a: number, b: number): boolean {
  const length = Math.min(cursorBytes, end)
  const [inA, inB] = tails
  if (peek(a, inA, end - length, length) !== length || peek(b, inB, end - length, length) !== length) return false
  return inA.compare(inB, 0, length, 0, length) === 0
}
