import { readSync } from 'node:fs'

/**
 * Reads up to `length` bytes from `position` on into `into`; returns how many there were. For a few bytes that decide what a file is:
 * nothing else happens in between. Throws the system's error.
 */
export function peek(fd: number, into: Buffer, position: number, length: number): number {
  let got = 0
  while (got < length) {
    const count = readSync(fd, into, got, length - got, position + got)
    if (count === 0) break
    got += count
  }
  return got
}
