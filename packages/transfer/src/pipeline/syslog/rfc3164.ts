import { isIp } from '../access-log/ip.ts'
import { isMoment } from '../../document/timestamp.ts'
import type { PipelineEvent } from '../event.ts'
import { TimeScanner } from '../time/format.ts'
import type { Zone } from '../time/zone.ts'
import { setHost, setProcess } from './origin.ts'

type Failure = { readonly reason: string }

const noTime: Failure = { reason: 'the line has no priority, and does not begin with a time of syslog' }

const blank = 0x20
const colon = 0x3a
const opening = 0x5b
const longestTag = 64

/** Reads the form that everybody writes, which RFC 3164 describes: `Oct 11 22:14:15 host program[123]: message`. */
export class Rfc3164 {
  readonly #formats: readonly TimeScanner[]

  constructor(zone: Zone) {
    // That of the RFC; with a year, as Cisco and Solaris have it; and rsyslog's and systemd's, which is ISO 8601.
    this.#formats = ['MMM d HH:mm:ss', 'MMM d HH:mm:ss.SSS', 'MMM d yyyy HH:mm:ss', 'MMM d yyyy HH:mm:ss.SSS']
      .concat('ISO8601')
      .map((format) => new TimeScanner(format, zone))
  }

  /**
   * Reads from `at` on, behind the priority if there is one. Returns where the message begins, or why it is none; then nothing was set.
   * With a priority anything is a message.
   */
  read(event: PipelineEvent, text: string, at: number, nearMs: number): number | Failure {
    const timeEnd = this.#takeTime(event, text, at, nearMs)
    if (timeEnd < 0) return at > 0 ? at : noTime
    // A colon behind the time is Cisco's.
    const hostAt = blanksEnd(text, text.charCodeAt(timeEnd) === colon ? timeEnd + 1 : timeEnd)
    const hostEnd = wordEnd(text, hostAt)
    const host = text.slice(hostAt, hostEnd)
    if (host === '' || !isHost(host)) return takeTag(event, text, hostAt)
    setHost(event, host)
    return takeTag(event, text, blanksEnd(text, colonEnd(text, blanksEnd(text, hostEnd))))
  }

  #takeTime(event: PipelineEvent, text: string, at: number, nearMs: number): number {
    for (const format of this.#formats) {
      const ms = format.parseAt(text, at, nearMs)
      const { end } = format
      const next = text.charCodeAt(end)
      if (!isMoment(ms) || (next !== blank && next !== colon && end < text.length)) continue
      event.timestampMs = ms
      return end
    }
    return -1
  }
}

/** Whether the word is a host's name or address; a program's tag ends in a colon or has its process id in brackets. */
function isHost(word: string): boolean {
  return !(word.includes('[') || word.includes(':')) || isIp(word)
}

/** Reads `program[123]: ` or `program: `; returns where the message begins. A message without a tag has none. */
function takeTag(event: PipelineEvent, text: string, at: number): number {
  let end = wordEnd(text, at)
  // `syslogd 1.4.1:` and `-- root[123]:` are tags of two words, which are known.
  const second = text.slice(end + 1, wordEnd(text, end + 1))
  if (!isTag(text.slice(at, end))) {
    if (!/^(?:\d+(?:\.\d+)+:|[\w.-]+\[\d+\]:)$/.test(second)) return at
    end = end + 1 + second.length
  }
  if (end - at > longestTag) return at
  const tag = text.slice(at, end)
  const bracket = tag.indexOf('[')
  const isNumbered = bracket > 0 && (tag.endsWith(']:') || tag.endsWith(']'))
  const nameEnd = isNumbered ? bracket : tag.length - 1
  const id = isNumbered ? tag.slice(bracket + 1, tag.lastIndexOf(']')) : null
  setProcess(event, tag.slice(0, nameEnd), id === '' ? null : id)
  return blanksEnd(text, end)
}

/** `name:`, `name[id]:` or `name[id]`. */
function isTag(word: string): boolean {
  const last = word.charCodeAt(word.length - 1)
  if (last === colon) return word.length > 1
  return word.indexOf('[') > 0 && word.endsWith(']') && word.charCodeAt(0) !== opening
}

function wordEnd(text: string, at: number): number {
  const end = text.indexOf(' ', at)
  return end < 0 ? text.length : end
}

/** Behind a colon that stands alone, as Cisco has it behind the host. */
function colonEnd(text: string, at: number): number {
  return text.charCodeAt(at) === colon && text.charCodeAt(at + 1) === blank ? at + 1 : at
}

function blanksEnd(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) === blank) end++
  return end
}
