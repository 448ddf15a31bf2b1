import { isMoment } from '../document/timestamp.ts'
import type { JsonValue } from './json-value.ts'
import { TimeScanner } from './time/format.ts'
import { utc } from './time/zone.ts'

/** As the processor `timestamp` reads it: Date.parse makes the 2nd of March of the 30th of February. */
const iso8601 = new TimeScanner('ISO8601', utc)

/**
 * The milliseconds of a date as other producers write `@timestamp`: ISO 8601 (UTC where no zone is named), or milliseconds
 * since 1970. null where it is no date.
 */
export function readTimestamp(value: JsonValue): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? momentOf(Math.floor(value)) : null
  if (typeof value !== 'string' || value.length > 40) return null
  if (/^\d{10,15}$/.test(value)) return momentOf(Number(value))
  // Without hyphens it may be any number.
  return value.charAt(4) === '-' ? momentOf(iso8601.parse(value, 0)) : null
}

function momentOf(ms: number): number | null {
  return isMoment(ms) ? ms : null
}
