import { closeSync, openSync, readSync } from 'node:fs'
import type { EntryText } from '../plan/text.ts'

const stepBytes = 65_536
/** More than a line end has. */
const overlapBytes = 256
/** Looked back for a line end, at most. */
const maxBackBytes = 1_048_576
const newline = Buffer.from('\n')

/**
 * Where the last line of a file of `size` bytes begins that is not finished: behind its last line end. `text`: how its lines are written.
 * 0 where it cannot be read.
 */
export function lastLineStart(path: string, size: number, text: EntryText | null): number {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return 0
  }
  try {
    const bytes = Buffer.allocUnsafe(stepBytes)
    const { delimiter, unitBytes } = encodingOf(fd, text) ?? { delimiter: newline, unitBytes: 1 }
    for (let end = size - (size % unitBytes); ;) {
      const start = Math.max(0, end - stepBytes)
      const view = bytes.subarray(0, readSync(fd, bytes, 0, end - start, start))
      let at = view.lastIndexOf(delimiter)
      while (at > 0 && at % unitBytes !== 0) at = view.lastIndexOf(delimiter, at - 1)
      if (at >= 0 && at % unitBytes === 0) return start + at + delimiter.length
      if (start === 0) return 0
      if (size - start >= maxBackBytes) return size - (size % unitBytes)
      end = start + overlapBytes
    }
  } catch {
    return 0
  } finally {
    closeSync(fd)
  }
}

function encodingOf(fd: number, text: EntryText | null): { delimiter: Buffer; unitBytes: number } | null {
  if (text === null || text.encodings.usual === text.encodings.marked) return text?.encodings.usual ?? null
  const mark = Buffer.alloc(2)
  readSync(fd, mark, 0, 2, 0)
  return mark.readUInt16BE() === 0xfeff ? text.encodings.marked : text.encodings.usual
}
