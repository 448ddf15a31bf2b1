import type { TimeFields } from './fields.ts'

const zero = 0x30
const plus = 0x2b
const minus = 0x2d
const colon = 0x3a
const minuteMs = 60_000

/** Reads the offset `Z`, `+0200`, `+02:00` or `+02` at `at`; returns where it ends, −1 where none stands there. */
export function scanOffset(text: string, at: number, fields: TimeFields): number {
  const sign = text.charCodeAt(at)
  if (sign === 0x5a || sign === 0x7a) {
    fields.offsetMs = 0
    return at + 1
  }
  // U+2212 is the minus that typographers set.
  if (sign !== plus && sign !== minus && sign !== 0x2212) return -1
  const hours = twoDigits(text, at + 1)
  if (!(hours <= 23)) return -1
  let end = at + 3
  let minutes = 0
  const minutesAt = text.charCodeAt(end) === colon ? end + 1 : end
  const read = twoDigits(text, minutesAt)
  if (read <= 59) {
    minutes = read
    end = minutesAt + 2
  } else if (minutesAt > end) {
    return -1
  }
  const offsetMs = (hours * 60 + minutes) * minuteMs
  fields.offsetMs = sign === plus ? offsetMs : -offsetMs
  return end
}

/** The value of the two digits at `at`; NaN where there are none. */
export function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero
  const ones = text.charCodeAt(at + 1) - zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
