import { isMoment } from '../../document/timestamp.ts'
import type { PipelineEvent } from '../event.ts'
import { timeFormat } from '../time/format.ts'
import { type Zone, utc } from '../time/zone.ts'
import { isIp } from './ip.ts'
import { setRequest } from './request.ts'
import { unescape } from './unescape.ts'

/**
 * Puts the value of a variable where ECS has it. Values that say nothing (`-`) do not come here. False: it is the time of the event, and
 * cannot be read, so the event would stand at a wrong one.
 */
export type Take = (event: PipelineEvent, value: string) => void | false

const nsPerSecond = 1e9
const maxDigits = 15

function text(path: string): Take {
  return (event, value) => void event.set(path, unescape(value))
}

function plainText(path: string): Take {
  return (event, value) => void event.set(path, value)
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

function address(addressPath: string, ipPath: string): Take {
  return (event, value) => {
    event.set(addressPath, value)
    if (isIp(value)) event.set(ipPath, value)
  }
}

function ip(path: string): Take {
  return (event, value) => {
    if (isIp(value)) event.set(path, value)
  }
}

/** The first of a chain of addresses: that of the client. */
const forwarded: Take = (event, value) => {
  const comma = value.indexOf(',')
  const first = comma < 0 ? value : value.slice(0, comma)
  if (isIp(first)) event.set('network.forwarded_ip', first)
}

const domain: Take = (event, value) => {
  const [, name = value, port] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(value) ?? []
  event.set('url.domain', unescape(name))
  if (port !== undefined) event.set('url.port', Number(port))
}

/** The host that the client asked for tells more, where both are logged. */
const serverName: Take = (event, value) => {
  if (event.get('url.domain') === undefined) domain(event, value)
}

const protocol: Take = (event, value) =>
  void event.set('http.version', value.startsWith('HTTP/') ? value.slice(5) : value)

const query: Take = (event, value) =>
  void event.set('url.query', unescape(value.startsWith('?') ? value.slice(1) : value))

const skip: Take = () => {}

const takes: Record<string, Take> = {
  args: query,
  body_bytes_sent: whole('http.response.body.bytes'),
  bytes_sent: whole('http.response.bytes'),
  content_length: whole('http.request.body.bytes'),
  content_type: text('http.request.mime_type'),
  host: domain,
  http_host: domain,
  http_referer: text('http.request.referrer'),
  http_user_agent: text('user_agent.original'),
  http_x_forwarded_for: forwarded,
  msec: moment('UNIX'),
  peer_addr: ip('client.ip'),
  pid: whole('process.pid'),
  query_string: query,
  remote_addr: address('source.address', 'source.ip'),
  remote_ident: skip,
  remote_port: whole('source.port'),
  remote_user: text('user.name'),
  request: (event, value) => setRequest(event, value),
  request_id: text('http.request.id'),
  request_length: whole('http.request.bytes'),
  request_method: plainText('http.request.method'),
  request_microseconds: duration('event.duration', 1e3),
  request_milliseconds: duration('event.duration', 1e6),
  request_time: duration('event.duration', nsPerSecond),
  request_uri: text('url.original'),
  scheme: plainText('url.scheme'),
  server_addr: address('destination.address', 'destination.ip'),
  server_name: serverName,
  server_port: whole('destination.port'),
  server_protocol: protocol,
  ssl_cipher: plainText('tls.cipher'),
  ssl_server_name: plainText('tls.client.server_name'),
  status: whole('http.response.status_code'),
  tid: whole('process.thread.id'),
  uri: text('url.path'),
}

/** What is done with a variable's value; what ECS has no place for goes to `<server>.access.<variable>`. A new one for each pipeline. */
export function takeOf(variable: string, server: 'nginx' | 'apache'): Take {
  if (variable === 'time_local') return moment('dd/MMM/yyyy:HH:mm:ss Z')
  if (variable === 'time_iso8601') return moment('ISO8601')
  const known = Object.hasOwn(takes, variable) ? takes[variable] : undefined
  if (known !== undefined) return known
  const timed = /^(\w+)_time$/.exec(variable)
  if (timed !== null) return duration(`${server}.access.${timed[1]}_duration`, nsPerSecond)
  return text(`${server}.access.${variable}`)
}

/** The time of the event. Lines of one second follow each other, so the last text is remembered. */
export function moment(format: string, zone: Zone = utc): Take {
  const known = timeFormat(format, zone)
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
