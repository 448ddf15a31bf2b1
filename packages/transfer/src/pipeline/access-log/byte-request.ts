import type { ByteTake } from './byte-takes.ts'

const space = 0x20
const maxMethodLength = 24
const versionName = Buffer.from(' HTTP/')
const longestVersion = ' HTTP/1.1'.length
/** Bytes that so many characters may have. */
const longestVersionBytes = longestVersion * 4

/** Takes `GET /path HTTP/1.1` apart as `setRequest` does it; the numbers are those of the fields. */
export function takeRequest(method: number, target: number, version: number): ByteTake {
  return (found, line, start, end) => {
    const methodEnd = methodEndOf(line, start, end)
    if (methodEnd < 0) return true
    const versionAt = versionStart(line, methodEnd, end)
    // Its length counts in characters.
    if (versionAt < 0 && !isAscii(line, Math.max(methodEnd, end - longestVersionBytes), end)) return false
    found.put(method, start, methodEnd)
    const targetEnd = versionAt < 0 ? end : versionAt
    if (targetEnd > methodEnd + 1) found.put(target, methodEnd + 1, targetEnd)
    if (versionAt >= 0) found.put(version, versionAt + versionName.length, end)
    return true
  }
}

/** Where the method ends: capitals, `-` and `_` before a blank; −1 where it is none. */
function methodEndOf(line: Buffer, start: number, end: number): number {
  const stop = Math.min(end, start + maxMethodLength + 1)
  for (let i = start; i < stop; i++) {
    const byte = line[i] as number
    if (byte === space) return i > start ? i : -1
    if ((byte < 0x41 || byte > 0x5a) && byte !== 0x2d && byte !== 0x5f) return -1
  }
  return -1
}

/** Where the last ` HTTP/` begins that stands near enough to the end; −1 where there is none. */
function versionStart(line: Buffer, from: number, end: number): number {
  // It cannot overlap itself: where it stands here, none stands behind it.
  for (let at = Math.max(from, end - longestVersion); at <= end - versionName.length; at++) {
    if (line[at] === space && isVersionAt(line, at)) return at
  }
  return -1
}

function isVersionAt(line: Buffer, at: number): boolean {
  for (let i = 1; i < versionName.length; i++) if (line[at + i] !== versionName[i]) return false
  return true
}

function isAscii(line: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((line[i] as number) >= 0x80) return false
  return true
}
