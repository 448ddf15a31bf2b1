import type { TimeFields } from './fields.ts'
import { scanOffset, twoDigits } from './offset.ts'

const zero = 0x30
const minus = 0x2d
const colon = 0x3a

/**
 * Reads an ISO 8601 date and time that begins at `at`: `2026-11-21T04:05:06.789+01:00`, a blank in place of the `T`, a comma before the fraction,
 * without seconds, time or zone, and the basic form `20261121T040506Z`. Returns where it ends, −1 where it is another. Fills `fields`.
 */
export function scanIso8601(text: string, at: number, fields: TimeFields): number {
  fields.year = twoDigits(text, at) * 100 + twoDigits(text, at + 2)
  const isBasic = text.charCodeAt(at + 4) !== minus
  const gap = isBasic ? 0 : 1
  fields.month = twoDigits(text, at + 4 + gap)
  if (!isBasic && text.charCodeAt(at + 7) !== minus) return -1
  fields.day = twoDigits(text, at + 6 + 2 * gap)
  if (Number.isNaN(fields.year + fields.month + fields.day)) return -1
  const end = at + 8 + 2 * gap
  const between = text.charCodeAt(end)
  const hasTime = between === 0x54 || between === 0x74 || (between === 0x20 && !Number.isNaN(twoDigits(text, end + 1)))
  return hasTime ? scanTime(text, end + 1, fields) : end
}

/** `hh:mm`, `hh:mm:ss`, `hhmm`, `hhmmss`, with fraction and offset. */
function scanTime(text: string, at: number, fields: TimeFields): number {
  const isBasic = text.charCodeAt(at + 2) !== colon
  const gap = isBasic ? 0 : 1
  fields.hour = twoDigits(text, at)
  fields.minute = twoDigits(text, at + 2 + gap)
  if (Number.isNaN(fields.hour + fields.minute)) return -1
  let end = at + 4 + gap
  if (isBasic || text.charCodeAt(end) === colon) {
    const second = twoDigits(text, end + gap)
    if (!Number.isNaN(second)) {
      fields.second = second
      end = scanFraction(text, end + gap + 2, fields)
    } else if (!isBasic) {
      return -1
    }
  }
  // A blank before the offset is not ISO's, but what many write: `2026-11-21 04:05:06 +0100`.
  const offsetAt = text.charCodeAt(end) === 0x20 ? end + 1 : end
  const offsetEnd = scanOffset(text, offsetAt, fields)
  if (offsetEnd < 0) return end
  if (offsetAt === end || !isWordAt(text, offsetEnd)) return offsetEnd
  // Of the next word: `2026-11-21 04:05:06 zeus sshd[1]: …`
  fields.offsetMs = Number.NaN
  return end
}

function isWordAt(text: string, at: number): boolean {
  return /\w/.test(text.charAt(at))
}

/** A fraction, of whatever length, in ms; what is finer is cut off. */
function scanFraction(text: string, at: number, fields: TimeFields): number {
  const mark = text.charCodeAt(at)
  const first = text.charCodeAt(at + 1) - zero
  if ((mark !== 0x2e && mark !== 0x2c) || !(first >= 0 && first <= 9)) return at
  let scale = 100
  let millisecond = 0
  let end = at + 1
  for (let digit = first; digit >= 0 && digit <= 9; digit = text.charCodeAt(++end) - zero) {
    millisecond += digit * scale
    scale = scale > 1 ? scale / 10 : 0
  }
  fields.millisecond = millisecond
  return end
}
