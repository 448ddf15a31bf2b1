import type { Found, FoundField } from '../direct/found.ts'
import { moment } from './byte-moment.ts'
import { takeRequest } from './byte-request.ts'
import { isIp } from './ip.ts'
import type { Rule } from './rules.ts'

/**
 * Puts the value `line[start, end)` of a variable where its rule says, as its Take does it. It never is empty or `-`, and holds no backslash.
 * False: not sure; the line is to be read as text.
 */
export type ByteTake = (found: Found, line: Buffer, start: number, end: number) => boolean

/** Notes a field that may be found; returns its number. */
export type AddField = (path: string, kind: FoundField['kind']) => number

const zero = 0x30
const nine = 0x39
const dot = 0x2e
const comma = 0x2c
const colon = 0x3a
const question = 0x3f
const protocolName = Buffer.from('HTTP/')
/** So many digits are a whole number that a double holds. */
const maxDigits = 15
/** Of each half of a time span. */
const maxSpanDigits = 9
const powersOfTen = Array.from({ length: maxSpanDigits + 1 }, (_, power) => Number(`1e${power}`))

/** How a variable's value is taken from its bytes. */
export function byteTakeBy(rule: Rule, add: AddField): ByteTake {
  switch (rule.kind) {
    case 'text':
    case 'plainText':
      return text(add(rule.path, 'text'))
    case 'whole':
      return whole(add(rule.path, 'digits'))
    case 'ip':
      return ip(add(rule.path, 'text'))
    case 'address': {
      const [putText, putIp] = [text(add(rule.path, 'text')), ip(add(rule.ipPath, 'text'))]
      return (found, line, start, end) => putText(found, line, start, end) && putIp(found, line, start, end)
    }
    case 'duration':
      return duration(add(rule.path, 'number'), rule.perUnit)
    case 'moment':
      return moment(rule.format)
    case 'domain':
    case 'serverName':
      return domain(add('url.domain', 'text'))
    case 'forwarded':
      return forwarded(add('network.forwarded_ip', 'text'))
    case 'protocol':
      return protocol(add('http.version', 'text'))
    case 'query':
      return query(add('url.query', 'text'))
    case 'request':
      return takeRequest(add('http.request.method', 'text'), add('url.original', 'text'), add('http.version', 'text'))
    case 'skip':
      return () => true
  }
}

function text(field: number): ByteTake {
  return (found, _line, start, end) => {
    found.put(field, start, end)
    return true
  }
}

function whole(field: number): ByteTake {
  return (found, line, start, end) => {
    if (end - start > maxDigits || !areDigits(line, start, end)) return true
    // As a number it would have fewer digits.
    if (line[start] === zero && end > start + 1) return false
    found.put(field, start, end)
    return true
  }
}

function ip(field: number): ByteTake {
  return (found, line, start, end) => {
    if (isIpAt(line, start, end)) found.put(field, start, end)
    return true
  }
}

/** Most are IPv4; what else there is costs a text. */
function isIpAt(line: Buffer, start: number, end: number): boolean {
  let dots = 0
  let digits = 0
  let value = 0
  for (let i = start; i < end; i++) {
    const byte = line[i] as number
    if (byte === dot && digits > 0) {
      dots++
      digits = 0
      value = 0
    } else {
      const isFit = byte >= zero && byte <= nine && (digits === 0 || value > 0)
      value = value * 10 + byte - zero
      if (!isFit || value > 255) return isIp(line.toString('latin1', start, end))
      digits++
    }
  }
  return dots === 3 && digits > 0
}

/** One time span in digits, with a point or without; several in one value are for the other way. */
export function duration(field: number, perUnit: number): ByteTake {
  return (found, line, start, end) => {
    let value = 0
    let point = -1
    let i = start
    for (; i < end; i++) {
      const byte = line[i] as number
      if (byte >= zero && byte <= nine) value = value * 10 + byte - zero
      else if (byte === dot && point < 0) point = i
      else break
    }
    if (i < end) return !holdsSeparator(line, i, end)
    const [wholeDigits, partDigits] = point < 0 ? [end - start, 0] : [point - start, end - point - 1]
    const isSpan = wholeDigits > 0 && wholeDigits <= maxSpanDigits && (point < 0 || partDigits > 0)
    if (!isSpan || partDigits > maxSpanDigits) return true
    // Both are exact up to here, so the quotient is what its text means.
    if (wholeDigits + partDigits > maxDigits) return false
    const ns = Math.round((value / (powersOfTen[partDigits] as number)) * perUnit)
    if (ns > Number.MAX_SAFE_INTEGER) return false
    found.putNumber(field, ns)
    return true
  }
}

function holdsSeparator(line: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (line[i] === comma || line[i] === colon) return true
  return false
}

/** A name alone; with a port it is for the other way. */
function domain(field: number): ByteTake {
  return (found, line, start, end) => {
    for (let i = start; i < end; i++) if (line[i] === colon) return false
    found.put(field, start, end)
    return true
  }
}

/** The first of a chain of addresses: that of the client. */
function forwarded(field: number): ByteTake {
  return (found, line, start, end) => {
    let first = start
    while (first < end && line[first] !== comma) first++
    if (isIpAt(line, start, first)) found.put(field, start, first)
    return true
  }
}

function protocol(field: number): ByteTake {
  return (found, line, start, end) => {
    const isNamed =
      end - start >= protocolName.length && line.subarray(start, start + protocolName.length).equals(protocolName)
    found.put(field, isNamed ? start + protocolName.length : start, end)
    return true
  }
}

function query(field: number): ByteTake {
  return (found, line, start, end) => {
    found.put(field, line[start] === question ? start + 1 : start, end)
    return true
  }
}

function areDigits(line: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = line[i] as number
    if (byte < zero || byte > nine) return false
  }
  return true
}
