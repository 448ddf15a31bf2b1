import { isMoment } from '../../document/timestamp.ts'
import type { PipelineEvent } from '../event.ts'
import { timeFormat } from '../time/format.ts'
import { utc } from '../time/zone.ts'
import { isIp } from './ip.ts'
import { setRequest } from './request.ts'
import { type Rule, ruleOf } from './rules.ts'
import { unescape } from './unescape.ts'

/**
 * Puts the value of a variable where ECS has it. Values that say nothing (`-`) do not come here. False: it is the time of the event, and
 * cannot be read, so the event would stand at a wrong one.
 */
export type Take = (event: PipelineEvent, value: string) => void | false

const maxDigits = 15

/** How a variable's value is taken. A new one for each pipeline. */
export function takeOf(variable: string, server: 'nginx' | 'apache'): Take {
  return takeBy(ruleOf(variable, server))
}

/** The same by its rule. */
export function takeBy(rule: Rule): Take {
  switch (rule.kind) {
    case 'text':
      return (event, value) => void event.set(rule.path, unescape(value))
    case 'plainText':
      return (event, value) => void event.set(rule.path, value)
    case 'whole':
      return whole(rule.path)
    case 'ip':
      return (event, value) => {
        if (isIp(value)) event.set(rule.path, value)
      }
    case 'address':
      return (event, value) => {
        event.set(rule.path, value)
        if (isIp(value)) event.set(rule.ipPath, value)
      }
    case 'duration':
      return duration(rule.path, rule.perUnit)
    case 'moment':
      return moment(rule.format)
    default:
      return others[rule.kind]
  }
}

const domain: Take = (event, value) => {
  const [, name = value, port] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(value) ?? []
  event.set('url.domain', unescape(name))
  if (port !== undefined) event.set('url.port', Number(port))
}

const others: Record<'domain' | 'serverName' | 'forwarded' | 'protocol' | 'query' | 'request' | 'skip', Take> = {
  domain,
  /** The host that the client asked for tells more, where both are logged. */
  serverName: (event, value) => {
    if (event.get('url.domain') === undefined) domain(event, value)
  },
  /** The first of a chain of addresses: that of the client. */
  forwarded: (event, value) => {
    const comma = value.indexOf(',')
    const first = comma < 0 ? value : value.slice(0, comma)
    if (isIp(first)) event.set('network.forwarded_ip', first)
  },
  protocol: (event, value) => void event.set('http.version', value.startsWith('HTTP/') ? value.slice(5) : value),
  query: (event, value) => void event.set('url.query', unescape(value.startsWith('?') ? value.slice(1) : value)),
  request: (event, value) => setRequest(event, value),
  skip: () => {},
}

/** A whole number; what is none is left out, since the field would refuse the document. */
function whole(path: string): Take {
  return (event, value) => {
    const number = digitsOf(value)
    if (number >= 0) event.set(path, number)
  }
}

/** A time span, or several of them (`0.010, 0.005 : -`) as one, in nanoseconds. */
function duration(path: string, perUnit: number): Take {
  return (event, value) => {
    const ns = durationOf(value, perUnit)
    if (ns >= 0) event.set(path, ns)
  }
}

/** The time of the event. Lines of one second follow each other, so the last text is remembered. */
function moment(format: string): Take {
  const known = timeFormat(format, utc)
  let last = ''
  let lastMs = Number.NaN
  return (event, value) => {
    if (value !== last) {
      last = value
      lastMs = known.parse(value, event.timestampMs)
    }
    if (!isMoment(lastMs)) return false
    event.timestampMs = lastMs
    return undefined
  }
}

/** The value of a text of digits; −1 where it is none. */
export function digitsOf(value: string): number {
  const { length } = value
  if (length === 0 || length > maxDigits) return -1
  let number = 0
  for (let i = 0; i < length; i++) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

function durationOf(value: string, perUnit: number): number {
  let total = -1
  for (const one of value.split(/ ?[,:] ?/)) {
    if (/^\d{1,9}(?:\.\d{1,9})?$/.test(one)) total = Math.max(total, 0) + Math.round(Number(one) * perUnit)
  }
  return total
}
