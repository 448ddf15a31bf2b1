import { TimeScanner } from '../../pipeline/time/format.ts'
import { utc } from '../../pipeline/time/zone.ts'

/** Date.parse makes the 2nd of March of the 30th of February. */
const rfc3339 = new TimeScanner('ISO8601', utc)

/** Unit of the times in line protocol. */
export type Precision = 'ns' | 'us' | 'ms' | 's'

/** The furthest time that InfluxDB keeps, before and after 1970 (the years 1677 and 2262), in each unit. */
const furthest: Readonly<Record<Precision, bigint>> = {
  ns: 9_223_372_036_854_775_806n,
  us: 9_223_372_036_854_775n,
  ms: 9_223_372_036_854n,
  s: 9_223_372_036n,
}
const furthestMs = Number(furthest.ms)

/** Whether the text is a 64-bit integer with sign. */
export function isInt64(text: string): boolean {
  return /^-?\d{1,32}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}

/** Whether the text is a 64-bit integer without sign. */
export function isUint64(text: string): boolean {
  return /^\d{1,32}$/.test(text) && BigInt.asUintN(64, BigInt(text)) === BigInt(text)
}

/** Whether the text is a decimal number that a double can hold. */
export function isFloat64(text: string): boolean {
  return /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?$/.test(text) && Number.isFinite(Number(text))
}

/** Whether the text is a time in this unit that InfluxDB can keep. */
export function isTime(text: string, precision: Precision): boolean {
  if (!/^-?\d{1,32}$/.test(text)) return false
  const time = BigInt(text)
  return time <= furthest[precision] && time >= -furthest[precision]
}

/** Milliseconds since 1970 as a time in this unit, as text; null where InfluxDB cannot keep it. */
export function timeText(ms: number, precision: Precision): string | null {
  if (!Number.isInteger(ms) || Math.abs(ms) > furthestMs) return null
  if (precision === 's') return String(Math.floor(ms / 1_000))
  if (precision === 'ms' || ms === 0) return String(ms)
  return `${ms}${precision === 'ns' ? '000000' : '000'}`
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)$/
const fractionDigits: Readonly<Record<Precision, number>> = { ns: 9, us: 6, ms: 3, s: 0 }

/** A time as RFC 3339 writes it in this unit, as text, with all digits that the unit has room for; null where it is none that InfluxDB can keep. */
export function isoTimeText(text: string, precision: Precision): string | null {
  const [whole, fraction = ''] = isoTime.exec(text) ?? []
  if (whole === undefined) return null
  const digits = fractionDigits[precision]
  // By digits: a double has no room for nanoseconds. A fraction counts forward before 1970, too.
  const seconds = rfc3339.parse(fraction === '' ? whole : whole.replace(`.${fraction}`, ''), 0) / 1_000
  if (!Number.isInteger(seconds)) return null
  const time = BigInt(seconds) * 10n ** BigInt(digits) + BigInt(fraction.slice(0, digits).padEnd(digits, '0') || '0')
  return isTime(String(time), precision) ? String(time) : null
}
