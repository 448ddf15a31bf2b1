import type { ProcessorSpec } from '@logpipe/config'
import type { JsonValue } from './json-value.ts'
import { pathOf } from './path.ts'
import type { Processor } from './processor.ts'

/**
 * Takes `key=value` pairs apart, as Go's logfmt writes them: values with blanks stand in quotes, in which `\` takes the next
 * character's meaning away (`\n`, `\t`, `\r`, `\x1b`, `\u001b` and `\U0001f600` mean what they mean in Go). A key without `=` becomes `true`.
 */
export function makeLogfmt({ field, target, keepOriginal }: ProcessorSpec<'logfmt'>): Processor {
  const noText = { reason: `the field ${field} holds no text` }
  const noPair = { reason: 'the text holds no key=value' }
  const openQuote = { reason: 'a quote is not closed' }
  const prefix = target === undefined ? '' : `${target}.`
  const keeps = keepOriginal && target === undefined
  return {
    run(event) {
      const text = event.get(field)
      if (typeof text !== 'string') return noText
      const found = parseLogfmt(text)
      if (found === null) return openQuote
      // A sentence is made of keys without values, too.
      if (!found.some(([, value]) => value !== true)) return noPair
      // `error`, `host` and `message` as words of a sentence before the pairs are no such field: that would be called true.
      const pairs = found.filter(([key, value]) => value !== true || pathOf(prefix + key).kind === 'field')
      if (keeps && pairs.some(([key]) => key === 'message')) event.keepOriginal()
      for (const [key, value] of pairs) event.set(prefix + key, value)
      return null
    },
  }
}

/** The pairs of the text in their order; null where a quote is not closed. */
export function parseLogfmt(text: string): [key: string, value: JsonValue][] | null {
  const pairs: [string, JsonValue][] = []
  let at = 0
  while (at < text.length) {
    if (isBlank(text, at)) {
      at++
      continue
    }
    const start = at
    while (at < text.length && !isBlank(text, at) && text[at] !== '=') at++
    const key = text.slice(start, at)
    if (text[at] !== '=') {
      pairs.push([key, true])
      continue
    }
    at++
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1)
      if (end < 0) return null
      pairs.push([key, unescaped(text.slice(at + 1, end))])
      at = end + 1
    } else {
      const from = at
      while (at < text.length && !isBlank(text, at)) at++
      pairs.push([key, text.slice(from, at)])
    }
  }
  // `=value` has no key; it is left out.
  return pairs.filter(([key]) => key !== '')
}

function isBlank(text: string, at: number): boolean {
  return text.charCodeAt(at) <= 0x20
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return -1
}

const highest = 0x10ffff

function characterOf(point: number): string {
  return point > highest ? '\ufffd' : String.fromCodePoint(point)
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' }

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(
    /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([^]))/g,
    (_, byte?: string, unit?: string, point?: string, next = '') => {
      if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16))
      if (point !== undefined) return characterOf(Number.parseInt(point, 16))
      // A byte beyond ASCII is one that was no UTF-8.
      if (byte !== undefined) return byte < '8' ? String.fromCharCode(Number.parseInt(byte, 16)) : '\ufffd'
      return escapes[next] ?? next
    },
  )
}
