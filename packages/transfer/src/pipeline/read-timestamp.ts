import { isMoment } from '../document/timestamp.ts'
import type { JsonValue } from './json-value.ts'

const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?)?$/i

/**
 * The milliseconds of a date as other producers write `@timestamp`: ISO 8601 (UTC where no zone is named), or milliseconds
 * since 1970. null where it is no date.
 */
export function readTimestamp(value: JsonValue): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? momentOf(Math.floor(value)) : null
  if (typeof value !== 'string' || value.length > 40) return null
  if (/^\d{10,15}$/.test(value)) return momentOf(Number(value))
  const [, day, time, seconds = ':00', fraction = '0', zone = 'Z'] = form.exec(value) ?? []
  if (day === undefined) return null
  const millis = fraction.padEnd(3, '0').slice(0, 3)
  return momentOf(Date.parse(`${day}T${time ?? '00:00'}${seconds}.${millis}${zoneOf(zone)}`))
}

function zoneOf(zone: string): string {
  if (zone.length === 1) return 'Z'
  return zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`
}

function momentOf(ms: number): number | null {
  return isMoment(ms) ? ms : null
}
