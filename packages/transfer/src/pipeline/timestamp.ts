import type { ProcessorSpec } from '@logpipe/config'
import { isMoment } from '../document/timestamp.ts'
import type { PipelineEvent } from './event.ts'
import type { Processor } from './processor.ts'
import { underKey } from './spec-error.ts'
import { timeFormat } from './time/format.ts'
import { localeNames } from './time/names.ts'
import { zoneOf } from './time/zone.ts'

/** Takes the time of the event from a field; the first format that fits decides. */
export function makeTimestamp({ field, formats, zone, locale, target }: ProcessorSpec<'timestamp'>): Processor {
  const home = underKey('zone', () => zoneOf(zone))
  const names = underKey('locale', () => localeNames(locale))
  const known = underKey('formats', () => formats.map((format) => timeFormat(format, home, names)))
  const unknownFormat = { reason: `the time in ${field} is written in none of the formats` }
  const noTime = { reason: `the field ${field} holds no time` }
  return {
    run(event) {
      const value = event.get(field)
      if (typeof value !== 'string' && typeof value !== 'number') return noTime
      const text = String(value).trim()
      const nearMs = readAt(event)
      for (const format of known) {
        const ms = format.parse(text, nearMs)
        if (!isMoment(ms)) continue
        if (target === '@timestamp') event.timestampMs = ms
        else event.set(target, new Date(ms).toISOString())
        return null
      }
      return unknownFormat
    },
  }
}

/** When the line was read, near which it was written; records of other producers may not say. */
export function readAt(event: PipelineEvent): number {
  return isMoment(event.timestampMs) ? event.timestampMs : Date.now()
}
