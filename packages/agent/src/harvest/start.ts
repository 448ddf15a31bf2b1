import { closeSync, openSync, readSync } from 'node:fs'

const stepBytes = 65_536
/** Looked back for a line end, at most. */
const maxBackBytes = 1_048_576

/** Where the last line of a file of `size` bytes begins that is not finished: behind its last newline. 0 where it cannot be read. */
export function lastLineStart(path: string, size: number): number {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return 0
  }
  try {
    const bytes = Buffer.allocUnsafe(stepBytes)
    for (let end = size; end > Math.max(0, size - maxBackBytes); end -= stepBytes) {
      const start = Math.max(0, end - stepBytes)
      const got = readSync(fd, bytes, 0, end - start, start)
      const newline = bytes.subarray(0, got).lastIndexOf(10)
      if (newline >= 0) return start + newline + 1
    }
    return size <= maxBackBytes ? 0 : size
  } catch {
    return 0
  } finally {
    closeSync(fd)
  }
}
