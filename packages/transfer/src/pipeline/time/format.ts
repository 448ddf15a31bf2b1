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

/** A time that stands in a longer text. One owner. */
export class TimeScanner implements TimeFormat {
  /** Where the time that was read last ended. */
  end = -1
  readonly #fields = new TimeFields()
  readonly #zone: Zone
  readonly #scan: (text: string, at: number, fields: TimeFields) => number

  /** `format`: `ISO8601` or a pattern; `zone`: that of texts that name none; `names`: those of months and days. Throws `settings_invalid`. */
  constructor(format: string, zone: Zone, names: LocaleNames = englishNames) {
    this.#zone = zone
    if (format === 'ISO8601') {
      this.#scan = scanIso8601
    } else {
      const steps = parsePattern(format)
      this.#scan = (text, at, fields) => scan(steps, names, text, at, fields)
    }
  }

  parse(text: string, nearMs: number): number {
    const ms = this.parseAt(text, 0, nearMs)
    return this.end === text.length ? ms : Number.NaN
  }

  /** The moment whose text begins at `at`, whatever follows; NaN where none does. */
  parseAt(text: string, at: number, nearMs: number): number {
    this.#fields.clear()
    this.end = this.#scan(text, at, this.#fields)
    return this.end < 0 ? Number.NaN : momentOf(this.#fields, this.#zone, nearMs)
  }
}

/**
 * The format of this name or pattern. `zone`: that of texts that name none. `names`: those of months and days.
 * Throws `settings_invalid` with a sentence where there is none.
 */
export function timeFormat(format: string, zone: Zone, names: LocaleNames = englishNames): TimeFormat {
  const shift = unixShifts[format]
  return shift === undefined ? new TimeScanner(format, zone, names) : new UnixFormat(shift)
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
