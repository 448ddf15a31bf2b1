import { TimeFields } from './fields.ts'
import { scanIso8601 } from './iso8601.ts'
import { momentOf } from './moment.ts'
import { englishNames, type LocaleNames } from './names.ts'
import { parsePattern } from './pattern.ts'
import { scan } from './scanner.ts'
import type { Zone } from './zone.ts'

/** One way to write a time. */
export interface TimeFormat {
  /**
   * The moment that `text` names, all of it, in ms since 1970; NaN where it is written otherwise. `nearMs`: when the line was read, for what
   * the text leaves out of the date.
   */
  parse(text: string, nearMs: number): number
}

/** Names of formats that are no patterns. */
export const namedFormats = ['ISO8601', 'UNIX', 'UNIX_MS', 'UNIX_US', 'UNIX_NS'] as const

const unixShifts: Record<string, number> = { UNIX: 3, UNIX_MS: 0, UNIX_US: -3, UNIX_NS: -6 }

/**
 * The format of this name or pattern. `zone`: that of texts that name none. `names`: those of months and days.
 * Throws `settings_invalid` with a sentence where there is none.
 */
export function timeFormat(format: string, zone: Zone, names: LocaleNames = englishNames): TimeFormat {
  const shift = unixShifts[format]
  if (shift !== undefined) return new UnixFormat(shift)
  const fields = new TimeFields()
  if (format === 'ISO8601') {
    return new ScannedFormat(fields, zone, (text, at) => scanIso8601(text, at, fields))
  }
  const steps = parsePattern(format)
  return new ScannedFormat(fields, zone, (text, at) => scan(steps, names, text, at, fields))
}

class ScannedFormat implements TimeFormat {
  readonly #fields: TimeFields
  readonly #zone: Zone
  readonly #scan: (text: string, at: number) => number

  constructor(fields: TimeFields, zone: Zone, scanAt: (text: string, at: number) => number) {
    this.#fields = fields
    this.#zone = zone
    this.#scan = scanAt
  }

  parse(text: string, nearMs: number): number {
    this.#fields.clear()
    const end = this.#scan(text, 0)
    return end === text.length ? momentOf(this.#fields, this.#zone, nearMs) : Number.NaN
  }
}

const decimal = /^(-?)(\d{1,20})(?:\.(\d{1,20}))?$/

/** Seconds, or parts of a second, since 1970; what is finer than a millisecond is cut off. */
class UnixFormat implements TimeFormat {
  readonly #shift: number

  /** `shift`: by how many digits the point moves to the right to make it milliseconds. */
  constructor(shift: number) {
    this.#shift = shift
  }

  parse(text: string): number {
    // By digits: doubles do not hold 1700000000.001 * 1000 exactly.
    const [, sign, whole, fraction = ''] = decimal.exec(text) ?? []
    if (whole === undefined) return Number.NaN
    const digits = (whole + fraction).padEnd(whole.length + this.#shift, '0')
    const point = whole.length + this.#shift
    const value = point > 0 ? Number(digits.slice(0, point)) : 0
    if (sign === '') return value
    const isCut = /[1-9]/.test(digits.slice(Math.max(point, 0)))
    return isCut ? -value - 1 : 0 - value
  }
}
