import type { PipelineEvent } from '../event.ts'
import type { Processor } from '../processor.ts'
import { isIp, longestIp } from './ip.ts'
import type { LogFormat } from './log-format.ts'
import { type Rule, ruleOf } from './rules.ts'
import { type Take, takeBy } from './takes.ts'

const backslash = 0x5c
const hyphen = 0x2d
const comma = 0x2c
const opening = 0x5b

type Failure = { readonly reason: string }
const badTime: Failure = { reason: 'the time of the line cannot be read' }
/** Reads what stands behind the format's last variable. */
export type Tail = (event: PipelineEvent, text: string, at: number) => void

interface Part {
  readonly take: Take
  readonly until: string
  readonly endOf: FindEnd
  readonly failure: Failure
}

/**
 * Takes lines apart by a log format: from the end of one variable to the text that ends the next. All ends are found before anything is set, so
 * that a line of another format sets nothing. One owner.
 */
export class FormatScanner {
  readonly #head: string
  readonly #parts: readonly Part[]
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #tail: Tail | null
  readonly #noHead: Failure

  /** With a `tail` the last variable ends at a blank, and more may follow. */
  constructor({ head, slots, server }: LogFormat, tail: Tail | null = null) {
    this.#head = head
    this.#noHead = { reason: `the line does not begin with '${head}'` }
    const rules = slots.map(({ variable }) => ruleOf(variable, server))
    this.#parts = slots.map(({ variable, until }, i) => ({
      take: takeBy(finestOf(rules[i] as Rule, rules)),
      until,
      endOf: findEnd(variable, until),
      failure: { reason: `nothing that ends ${variable} (${JSON.stringify(until)})` },
    }))
    this.#starts = new Int32Array(slots.length)
    this.#ends = new Int32Array(slots.length)
    this.#tail = tail
  }

  run(event: PipelineEvent, text: string): ReturnType<Processor['run']> {
    if (!text.startsWith(this.#head)) return this.#noHead
    const parts = this.#parts
    const last = parts.length - 1
    let at = this.#head.length
    for (let i = 0; i <= last; i++) {
      const part = parts[i] as Part
      const end = i === last ? this.#lastEnd(part, text, at) : part.endOf(text, at, part.until)
      if (end < 0) return part.failure
      this.#starts[i] = at
      this.#ends[i] = end
      at = end + part.until.length
    }
    let isWhole = true
    for (let i = 0; i <= last; i++) {
      if (!this.#take(event, parts[i] as Part, text, i)) isWhole = false
    }
    if (this.#tail !== null) this.#tail(event, text, at)
    return isWhole ? null : badTime
  }

  #take(event: PipelineEvent, part: Part, text: string, i: number): boolean {
    const start = this.#starts[i] as number
    const end = this.#ends[i] as number
    return end <= start || isNothing(text, start, end) || part.take(event, text.slice(start, end)) !== false
  }

  #lastEnd(part: Part, text: string, at: number): number {
    if (this.#tail !== null) {
      const blank = text.indexOf(' ', at)
      return blank < 0 ? text.length : blank
    }
    if (part.until === '') return text.length
    // Both ends of the line are known: the text may hold what ends it.
    const end = text.length - part.until.length
    return end >= at && text.endsWith(part.until) ? end : -1
  }
}

/** Nothing, where another variable has the same time span in finer units (`%D %T`). */
function finestOf(rule: Rule, rules: readonly Rule[]): Rule {
  if (rule.kind !== 'duration') return rule
  const isOutdone = rules.some((one) => one.kind === 'duration' && one.path === rule.path && one.perUnit < rule.perUnit)
  return isOutdone ? { kind: 'skip' } : rule
}

/** `-`: nginx and Apache write it where there is nothing to say. */
export function isNothing(text: string, start: number, end: number): boolean {
  return end === start + 1 && text.charCodeAt(start) === hyphen
}

/** Where the value that begins at `at` ends; −1 where it does not. */
type FindEnd = (text: string, at: number, until: string) => number

function findEnd(variable: string, until: string): FindEnd {
  // Quotes in a text between quotes are escaped.
  if (until.startsWith('"')) return quoteEnd
  if (holdsList(variable, until)) return listEnd
  if (until.startsWith(':')) return hostEnd
  return (text, at) => text.indexOf(until, at)
}

/**
 * Whether blanks may stand in the value, although it ends at one: of servers that were asked in turn (`0.010, 0.005 : -`), and of proxies that
 * forwarded the request (`203.0.113.7, 10.0.0.1`).
 */
export function holdsList(variable: string, until: string): boolean {
  return until.startsWith(' ') && (variable.startsWith('upstream_') || variable.endsWith('_forwarded_for'))
}

/** The colons of an IPv6 address do not end it: `[2001:db8::1]:443`, and `2001:db8::1:51234` as servers write `$remote_addr:$remote_port`. */
function hostEnd(text: string, at: number, until: string): number {
  const bracket = text.charCodeAt(at) === opening ? text.indexOf(']', at) : -1
  let end = text.indexOf(until, Math.max(bracket, at))
  if (bracket >= 0) return end
  for (let next = end; next >= 0 && next - at <= longestIp; next = text.indexOf(until, next + 1)) {
    if (isIp(text.slice(at, next))) end = next
  }
  return end
}

function listEnd(text: string, at: number, until: string): number {
  let end = text.indexOf(until, at)
  while (end > at && isWithinList(text, end)) end = text.indexOf(until, end + 1)
  return end
}

function isWithinList(text: string, blank: number): boolean {
  return text.charCodeAt(blank - 1) === comma || text.startsWith(' : ', blank) || text.startsWith(' : ', blank - 2)
}

/** Where the quoted text that begins at `at` ends: at `until`, whose quote no backslash takes for text; −1 where it does not end. */
export function quoteEnd(text: string, at: number, until = '"'): number {
  let end = text.indexOf(until, at)
  while (end > at && text.charCodeAt(end - 1) === backslash && isEscaped(text, at, end)) {
    end = text.indexOf(until, end + 1)
  }
  return end
}

function isEscaped(text: string, start: number, end: number): boolean {
  let from = end
  while (from > start && text.charCodeAt(from - 1) === backslash) from--
  return (end - from) % 2 === 1
}
