import type { TimeFields } from './fields.ts'
import type { LocaleNames } from './names.ts'
import { scanOffset } from './offset.ts'
import { part, type Step } from './pattern.ts'
import { knownZone, zoneNameEnd } from './zone-names.ts'

const zero = 0x30
const blank = 0x20
const tab = 0x09
const fullStop = 0x2e

/** Reads `text` from `at` on by the steps of a pattern; returns where it ended, −1 where the text is another. Fills `fields`. */
export function scan(steps: readonly Step[], names: LocaleNames, text: string, at: number, fields: TimeFields): number {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step
    at = step.most > 0 ? scanNumber(step, text, at, fields) : scanWord(step, names, text, at, fields)
    if (at < 0) return -1
    const isName = step.part === part.monthName || step.part === part.dayName
    if (isName && text.charCodeAt(at) === fullStop && !isStop(steps[i + 1])) at++
  }
  return at
}

/** Whether the pattern itself has a full stop there; else one belongs to the short name before it (`Dez.`). */
function isStop(step: Step | undefined): boolean {
  return step !== undefined && step.part === part.literal && step.text.startsWith('.')
}

function scanNumber({ part: kind, least, most }: Step, text: string, at: number, fields: TimeFields): number {
  let value = 0
  let digits = 0
  while (digits < most) {
    const digit = text.charCodeAt(at) - zero
    // NaN behind the end of the text.
    if (!(digit >= 0 && digit <= 9)) break
    value = value * 10 + digit
    digits++
    at++
  }
  if (digits < least) return -1
  switch (kind) {
    case part.year:
      fields.year = value
      break
    case part.shortYear:
      // As strptime does it: 69 to 99 are the last century's.
      fields.year = value + (value >= 69 ? 1900 : 2000)
      break
    case part.month:
      fields.month = value
      break
    case part.day:
      fields.day = value
      break
    case part.dayOfYear:
      fields.dayOfYear = value
      break
    case part.hour:
      fields.hour = value
      break
    case part.hourOfHalf:
      if (value > 12) return -1
      fields.hourOfHalf = value % 12
      break
    case part.minute:
      fields.minute = value
      break
    case part.second:
      fields.second = value
      break
    default:
      fields.millisecond = Math.floor((value * 1_000) / 10 ** digits)
  }
  return at
}

function scanWord(
  { part: kind, text: literal }: Step,
  names: LocaleNames,
  text: string,
  at: number,
  fields: TimeFields,
): number {
  switch (kind) {
    case part.literal:
      return text.startsWith(literal, at) ? at + literal.length : -1
    case part.blanks:
      return scanBlanks(text, at)
    case part.monthName: {
      const month = names.months.find(text, at)
      fields.month = month + 1
      return month < 0 ? -1 : at + names.months.foundLength
    }
    case part.dayName:
      // It says nothing that the date does not say.
      return names.days.find(text, at) < 0 ? -1 : at + names.days.foundLength
    case part.half: {
      const half = names.halves.find(text, at)
      fields.half = half
      return half < 0 ? -1 : at + names.halves.foundLength
    }
    case part.offset:
      return scanOffset(text, at, fields)
    default:
      return scanZone(text, at, fields)
  }
}

/** One blank or more: days are often padded with one. */
function scanBlanks(text: string, at: number): number {
  const start = at
  for (let code = text.charCodeAt(at); code === blank || code === tab; code = text.charCodeAt(at)) at++
  return at > start ? at : -1
}

function scanZone(text: string, at: number, fields: TimeFields): number {
  const isPrefixed = text.startsWith('GMT', at) || text.startsWith('UTC', at)
  if (isPrefixed && '+-'.includes(text.charAt(at + 3) || ' ')) return scanOffset(text, at + 3, fields)
  const end = zoneNameEnd(text, at)
  if (end === at) return scanOffset(text, at, fields)
  fields.zone = knownZone(text.slice(at, end))
  return fields.zone === null ? -1 : end
}
