import { isPlainByte, plainEnd } from '../../document/escape.ts'
import type { Found, FoundField, LineScan } from '../direct/found.ts'
import { type AddField, type ByteTake, byteTakeBy, duration } from './byte-takes.ts'
import type { LogFormat } from './log-format.ts'
import { ruleOf } from './rules.ts'
import { holdsList } from './scanner.ts'

const backslash = 0x5c
const hyphen = 0x2d
const quote = 0x22
const blank = 0x20
const point = 0x2e
const comma = 0x2c
const colon = 0x3a
const opening = 0x5b

interface Part {
  readonly take: ByteTake
  readonly until: Buffer
  readonly isList: boolean
}

/** Reads what stands behind the format's last variable. False: not sure. */
type ByteTail = (found: Found, line: Buffer, at: number, end: number) => boolean

/** Behind a quoted text that has no end. */
const noEnd = -1
/** There is a backslash: what it means is for the other way to find out. */
const unsure = -2

/**
 * The scan of a log format's lines, which FormatScanner reads as text; null for formats that it cannot do. `hasTail`: what most people have
 * behind the common format is read as well. A line with a backslash is left to the other way: mostly those that try to break in have one.
 */
export function byteScanner({ head, slots, server }: LogFormat, hasTail: boolean): LineScan | null {
  const texts = [head, ...slots.map(({ until }) => until)]
  const isPlain = texts.every((text) => /^[\x20-\x5b\x5d-\x7e]*$/.test(text))
  const rules = slots.map(({ variable }) => ruleOf(variable, server))
  // Of two times the last one that can be read counts.
  if (!isPlain || rules.filter(({ kind }) => kind === 'moment').length > 1) return null
  const fields: FoundField[] = []
  const add: AddField = (path, kind) => fields.push({ path, kind }) - 1
  const parts = slots.map(({ variable, until }, i): Part => {
    const rule = rules[i]
    const take = rule === undefined ? () => false : byteTakeBy(rule, add)
    return { take, until: Buffer.from(until), isList: holdsList(variable, until) }
  })
  return new ByteScanner(Buffer.from(head), parts, hasTail ? usualByteTail(server, add) : null, fields)
}

class ByteScanner implements LineScan {
  readonly fields: readonly FoundField[]
  readonly #head: Buffer
  readonly #parts: readonly Part[]
  readonly #tail: ByteTail | null

  constructor(head: Buffer, parts: readonly Part[], tail: ByteTail | null, fields: readonly FoundField[]) {
    this.#head = head
    this.#parts = parts
    this.#tail = tail
    this.fields = fields
  }

  run(found: Found, line: Buffer, start: number, end: number): boolean {
    const head = this.#head
    if (!startsAt(line, start, end, head)) return false
    const parts = this.#parts
    const last = parts.length - 1
    let at = start + head.length
    for (let i = 0; i <= last; i++) {
      const { take, until, isList } = parts[i] as Part
      const stop = i === last ? this.#lastEnd(found, line, at, end, until) : endOf(found, line, at, end, until)
      // Where there may be several, the other way finds the last.
      if (stop < 0 || (isList && isWithinList(line, stop))) return false
      if (!takeValue(take, found, line, at, stop)) return false
      at = stop + until.length
    }
    return this.#tail === null || this.#tail(found, line, at, end)
  }

  #lastEnd(found: Found, line: Buffer, at: number, end: number, until: Buffer): number {
    if (this.#tail !== null) return wordEnd(found, line, at, end)
    const stop = end - until.length
    if (stop < at || !startsAt(line, stop, end, until)) return noEnd
    for (let i = plainEnd(line, at, stop); i < stop; i = plainEnd(line, i + 1, stop)) {
      if (line[i] === backslash) return unsure
      found.isPlain = false
    }
    return stop
  }
}

/** `"referrer" "user agent" "forwarded for"` and the time that the request took, as `usualTail` reads them. */
function usualByteTail(server: LogFormat['server'], add: AddField): ByteTail {
  const quoted = ['http_referer', 'http_user_agent', 'http_x_forwarded_for'].map((name) =>
    byteTakeBy(ruleOf(name, server), add),
  )
  const field = add('event.duration', 'number')
  const [seconds, microseconds] = [duration(field, 1e9), duration(field, 1e3)]
  return (found, line, at, end) => {
    let next = at
    for (let i = 0; i < quoted.length && next + 1 < end && line[next + 1] === quote; i++) {
      const stop = quoteEnd(found, line, next + 2, end)
      if (stop < 0) return stop === noEnd
      if (!takeValue(quoted[i] as ByteTake, found, line, next + 2, stop)) return false
      next = stop + 1
    }
    const stop = wordEnd(found, line, next + 1, end)
    if (stop <= next + 1) return stop !== unsure
    return takeValue(hasPoint(line, next, stop) ? seconds : microseconds, found, line, next + 1, stop)
  }
}

function isWithinList(line: Buffer, at: number): boolean {
  const before = line[at - 1]
  return before === comma || before === colon || line[at + 1] === colon
}

/** Where the value that begins at `at` ends: at `until`. */
function endOf(found: Found, line: Buffer, at: number, end: number, until: Buffer): number {
  const first = until[0] as number
  // An address of IPv6 has colons of its own.
  if (first === colon && (line[at] === opening || mayBeIPv6(line, at, end))) return unsure
  if (first === quote) {
    for (let i = quoteEnd(found, line, at, end); ; i = quoteEnd(found, line, i + 1, end)) {
      if (i < 0 || startsAt(line, i, end, until)) return i
      found.isPlain = false
    }
  }
  for (let i = at; i < end; i++) {
    const byte = line[i] as number
    if (byte === first && startsAt(line, i, end, until)) return i
    if (byte === backslash) return unsure
    if (!isPlainByte(byte)) found.isPlain = false
  }
  return noEnd
}

/** Whether a colon stands behind no more hexadecimal digits than a group of an address has. */
function mayBeIPv6(line: Buffer, at: number, end: number): boolean {
  const stop = Math.min(end, at + 5)
  for (let i = at; i < stop; i++) {
    const byte = line[i] as number
    if (byte === colon) return true
    const letter = byte | 0x20
    if (!(byte >= 0x30 && byte <= 0x39) && !(letter >= 0x61 && letter <= 0x66)) return false
  }
  return false
}

function quoteEnd(found: Found, line: Buffer, at: number, end: number): number {
  for (let i = plainEnd(line, at, end); i < end; i = plainEnd(line, i + 1, end)) {
    if (line[i] === quote) return i
    if (line[i] === backslash) return unsure
    found.isPlain = false
  }
  return noEnd
}

/** Where the next blank is, or the end. */
function wordEnd(found: Found, line: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = line[i] as number
    if (byte === blank) return i
    if (byte === backslash) return unsure
    if (!isPlainByte(byte)) found.isPlain = false
  }
  return end
}

function hasPoint(line: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (line[i] === point) return true
  return false
}

function startsAt(line: Buffer, at: number, end: number, text: Buffer): boolean {
  if (at + text.length > end) return false
  for (let i = 0; i < text.length; i++) if (line[at + i] !== text[i]) return false
  return true
}

function takeValue(take: ByteTake, found: Found, line: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (length === 0 || (length === 1 && line[start] === hyphen)) return true
  return take(found, line, start, end)
}
