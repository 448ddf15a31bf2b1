import { isMoment } from '../../document/timestamp.ts'
import { timeFormat } from '../time/format.ts'
import { utc } from '../time/zone.ts'
import type { ByteTake } from './byte-takes.ts'

const zero = 0x30
const nine = 0x39
const blank = 0x20
const maxBytes = 64

/** By format: where the two digits of the seconds stand, with a blank behind them. */
const secondsPlaces: Readonly<Record<string, number>> = { 'dd/MMM/yyyy:HH:mm:ss Z': 18 }

/** The time of the event. Lines of one minute follow each other, so the last text is remembered, and only its seconds are read anew. */
export function moment(format: string): ByteTake {
  const known = timeFormat(format, utc)
  const place = secondsPlaces[format] ?? -1
  const last = Buffer.alloc(maxBytes)
  let length = 0
  let minuteMs = Number.NaN
  return (found, line, start, end) => {
    const secondsMs = place < 0 ? 0 : secondsAt(line, start + place, end) * 1_000
    if (end - start === length && secondsMs >= 0 && isSame(last, length, line, start, place)) {
      found.timestampMs = minuteMs + secondsMs
      return true
    }
    if (end - start > maxBytes) return false
    const ms = known.parse(line.toString('latin1', start, end), found.timestampMs)
    if (!isMoment(ms)) return false
    found.timestampMs = ms
    length = secondsMs < 0 ? 0 : line.copy(last, 0, start, end)
    minuteMs = ms - secondsMs
    return true
  }
}

/** The number from 0 to 59 that stands there before a blank; −1 where none does. */
function secondsAt(line: Buffer, at: number, end: number): number {
  if (at + 2 >= end || line[at + 2] !== blank) return -1
  const tens = (line[at] as number) - zero
  const ones = (line[at + 1] as number) - zero
  return tens >= 0 && tens <= 5 && ones >= 0 && ones <= nine - zero ? tens * 10 + ones : -1
}

/** Whether all is as it was, but for two bytes at `place`. */
function isSame(last: Buffer, length: number, line: Buffer, start: number, place: number): boolean {
  for (let i = 0; i < length; i++)
    if (last[i] !== line[start + i] && (place < 0 || (i !== place && i !== place + 1))) return false
  return true
}
