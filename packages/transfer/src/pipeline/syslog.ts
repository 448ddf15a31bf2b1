import type { ProcessorSpec } from '@logpipe/config'
import type { Processor } from './processor.ts'
import { underKey } from './spec-error.ts'
import { priorityLength, priorityOf, setPriority } from './syslog/priority.ts'
import { Rfc3164 } from './syslog/rfc3164.ts'
import { Rfc5424 } from './syslog/rfc5424.ts'
import { zoneOf } from './time/zone.ts'
import { readAt } from './timestamp.ts'

/** Takes lines of syslog apart, of RFC 3164 (with and without priority) and RFC 5424; which one a line is, it says itself. */
export function makeSyslog({ field, zone, content }: ProcessorSpec<'syslog'>): Processor {
  const old = new Rfc3164(underKey('zone', () => zoneOf(zone)))
  const fresh = new Rfc5424()
  const noText = { reason: `the field ${field} holds no text` }
  return {
    run(event) {
      const text = event.get(field)
      if (typeof text !== 'string') return noText
      const priority = priorityOf(text)
      const at = priority < 0 ? 0 : priorityLength(priority)
      const isFresh = priority >= 0 && hasVersion(text, at)
      const end = isFresh ? fresh.read(event, text, at) : old.read(event, text, at, readAt(event))
      if (typeof end !== 'number') return end
      if (priority >= 0) setPriority(event, priority)
      if (content !== undefined) event.set(content, text.slice(end))
      return null
    },
  }
}

/** Whether a version of RFC 5424 stands there: `1`, or up to three digits before a time; `<13>5 lines dropped` is of RFC 3164. */
function hasVersion(text: string, at: number): boolean {
  const end = text.indexOf(' ', at)
  return end > at && end <= at + 3 && /^(?:1 |[1-9]\d* (?:- |\d{4}-))/.test(text.slice(at, end + 6))
}
