import type { PipelineEvent } from '../event.ts'
import { isMoment } from '../../document/timestamp.ts'
import { TimeScanner } from '../time/format.ts'
import { utc } from '../time/zone.ts'
import { setHost, setProcess } from './origin.ts'
import { readStructuredData } from './structured-data.ts'

type Failure = { readonly reason: string }

const noHeader: Failure = { reason: 'the header of RFC 5424 is not whole' }
const noTime: Failure = { reason: 'the time of the header is none of RFC 5424' }
const noData: Failure = { reason: 'the structured data of the header are not whole' }

const byteOrderMark = 0xfeff
const bounds = new Int32Array(5)

/**
 * Reads `VERSION TIME HOST APP PROCID MSGID DATA MESSAGE` from `at` on, behind the priority. Returns where the message begins, or why it
 * is none; then nothing was set.
 */
export class Rfc5424 {
  readonly #time = new TimeScanner('ISO8601', utc)

  read(event: PipelineEvent, text: string, at: number): number | Failure {
    let from = text.indexOf(' ', at) + 1
    const version = text.slice(at, from - 1)
    for (let i = 0; i < bounds.length; i++) {
      bounds[i] = from
      const end = text.indexOf(' ', from)
      if (end <= from) return noHeader
      from = end + 1
    }
    const ms = this.#timeAt(text, bounds[0] as number, (bounds[1] as number) - 1)
    if (Number.isNaN(ms)) return noTime
    const data = readStructuredData(text, from)
    if (data === null || (data.end < text.length && text.charAt(data.end) !== ' ')) return noData

    if (ms !== noMoment) event.timestampMs = ms
    event.set('log.syslog.version', version)
    const host = wordAt(text, 1, bounds[2])
    if (host !== null) setHost(event, host)
    setProcess(event, wordAt(text, 2, bounds[3]), wordAt(text, 3, bounds[4]))
    const id = wordAt(text, 4, from)
    if (id !== null) event.set('log.syslog.msgid', id)
    if (Object.keys(data.elements).length > 0) event.set('log.syslog.structured_data', data.elements)
    const content = data.end + 1
    return text.charCodeAt(content) === byteOrderMark ? content + 1 : Math.min(content, text.length)
  }

  #timeAt(text: string, at: number, end: number): number {
    if (text.startsWith('- ', at)) return noMoment
    const ms = this.#time.parseAt(text, at, 0)
    return this.#time.end === end && isMoment(ms) ? ms : Number.NaN
  }
}

/** No time was said; not a moment, and not NaN. */
const noMoment = Number.POSITIVE_INFINITY

/** The i-th word; null where it is `-`. */
function wordAt(text: string, i: number, next: number | undefined): string | null {
  const word = text.slice(bounds[i], (next as number) - 1)
  return word === '-' ? null : word
}
