import type { StreamNumber, Unwrapper } from '../stages.ts'

const blank = 32
const colon = 58
const letterF = 70
const letterP = 80
/** `2026-11-21T01:02:03` */
const timePattern = Buffer.from('0000-00-00T00:00:00')
const zonePattern = Buffer.from('00:00')
const std = Buffer.from('std')
const out = Buffer.from('out')
const err = Buffer.from('err')

/**
 * The format of containerd and CRI-O: `<RFC 3339 time> stdout|stderr <tags> <text>`. The first of the tags, which stand with `:` between
 * them, is `F` for a whole line (or the last piece of one) and `P` for a piece that goes on.
 */
export class CriUnwrapper implements Unwrapper {
  payload: Buffer = Buffer.alloc(0)
  payloadStart = 0
  payloadEnd = 0
  isPartial = false
  stream: StreamNumber = 0

  take(bytes: Buffer, start: number, end: number): boolean {
    const streamAt = afterTime(bytes, start, end)
    // ` stdout F`
    if (streamAt < 0 || streamAt + 8 > end || !matches(std, bytes, streamAt)) return false
    const isError = matches(err, bytes, streamAt + 3)
    if ((!isError && !matches(out, bytes, streamAt + 3)) || bytes[streamAt + 6] !== blank) return false
    const tag = bytes[streamAt + 7]
    if (tag !== letterF && tag !== letterP) return false
    let at = streamAt + 8
    if (at < end && bytes[at] === colon) while (at < end && bytes[at] !== blank) at++
    if (at < end && bytes[at] !== blank) return false
    this.payload = bytes
    this.payloadStart = Math.min(end, at + 1)
    this.payloadEnd = end
    this.isPartial = tag === letterP
    this.stream = isError ? 1 : 0
    return true
  }
}

/** Position behind the time and the blank after it; −1 where no time stands at `start`. */
function afterTime(bytes: Buffer, start: number, end: number): number {
  let at = start + timePattern.length
  if (at + 2 > end || !looksLike(timePattern, bytes, start)) return -1
  if (bytes[at] === 46) {
    const fraction = ++at
    while (at < end && isDigit(bytes[at] as number)) at++
    if (at === fraction || at - fraction > 9) return -1
  }
  const zone = bytes[at]
  if (zone === 43 || zone === 45) {
    if (at + 6 > end || !looksLike(zonePattern, bytes, at + 1)) return -1
    at += 6
  } else if (zone === 90) {
    at++
  } else {
    return -1
  }
  return at < end && bytes[at] === blank ? at + 1 : -1
}

/** Whether digits stand where `pattern` has 0, and its own bytes elsewhere. */
function looksLike(pattern: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const byte = bytes[start + i] as number
    if (pattern[i] === 48 ? !isDigit(byte) : byte !== pattern[i]) return false
  }
  return true
}

function matches(word: Buffer, bytes: Buffer, start: number): boolean {
  return bytes[start] === word[0] && bytes[start + 1] === word[1] && bytes[start + 2] === word[2]
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}
