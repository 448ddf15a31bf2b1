import { headBytes, matchesPrint, type Print } from '../discover/fingerprint.ts'
import { hasCursor, headOf } from '../discover/kin/orphan.ts'
import type { Cursor } from './cursor.ts'
import { readAt } from './read-buffer.ts'

/** Why the content of a file is not what was read before. */
export const replaced = {
  truncated: 'it was truncated',
  cursor: 'other bytes stand where it was read to',
  head: 'its first bytes are others',
} as const

/** Why a file no longer holds what was read of it, up to `read`; null where it does. */
export function whyReplaced(fd: number, size: number, read: number, head: Print, cursor: Cursor): string | null {
  if (size < read) return replaced.truncated
  if (!hasCursor(fd, cursor, read)) return replaced.cursor
  return matchesHead(head, headOf(fd)) ? null : replaced.head
}

/** Whether a file that begins with `bytes` may be the one of the print. */
export function matchesHead(head: Print, bytes: Buffer): boolean {
  return matchesPrint(head, bytes, 0, bytes.length)
}

/** The first bytes of a file, of which `bytes[0, got)` stand at `position`. */
export async function firstBytes(
  fd: number,
  bytes: Buffer,
  position: number,
  got: number,
  least: number,
): Promise<Buffer> {
  if (position === 0 && got >= least) return bytes.subarray(0, Math.min(got, headBytes))
  const head = Buffer.allocUnsafe(headBytes)
  return head.subarray(0, await readAt(fd, head, 0, headBytes))
}
