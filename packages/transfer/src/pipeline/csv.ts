import type { ProcessorSpec } from '@logpipe/config'
import type { Processor } from './processor.ts'

/** Takes a line of CSV (RFC 4180) apart. Values that are empty, and columns without a name, are left out. */
export function makeCsv({ field, columns, separator, quote, trim }: ProcessorSpec<'csv'>): Processor {
  const noText = { reason: `the field ${field} holds no text` }
  const broken = { reason: 'a quote is not closed, or something stands behind it' }
  return {
    run(event) {
      const text = event.get(field)
      if (typeof text !== 'string') return noText
      const values = parseCsv(text, separator, quote, columns.length, trim)
      if (values === null) return broken
      for (const [index, value] of values.entries()) {
        const column = columns[index]
        if (column !== undefined && column !== '' && value !== '') event.set(column, value)
      }
      return null
    },
  }
}

/** The first `limit` values of the line; null where its quotes are broken. */
export function parseCsv(text: string, separator: string, quote: string, limit: number, trim = false): string[] | null {
  const values: string[] = []
  let at = 0
  while (values.length < limit) {
    if (trim) at = quoteAt(text, quote, separator, at)
    if (text[at] === quote) {
      const end = closingQuote(text, quote, at + 1)
      if (end < 0) return null
      values.push(text.slice(at + 1, end).replaceAll(quote + quote, quote))
      at = end + 1
      while (trim && isBlank(text, at, separator)) at++
      if (at < text.length && text[at] !== separator) return null
    } else {
      const found = text.indexOf(separator, at)
      const end = found < 0 ? text.length : found
      const value = text.slice(at, end)
      values.push(trim ? value.trim() : value)
      at = end
    }
    if (at >= text.length) return values
    at++
  }
  return values
}

/** Where the quote stands that begins the value, behind blanks; `from` where there is none. */
function quoteAt(text: string, quote: string, separator: string, from: number): number {
  let at = from
  while (isBlank(text, at, separator)) at++
  return text[at] === quote ? at : from
}

function isBlank(text: string, at: number, separator: string): boolean {
  const char = text.charAt(at)
  return (char === ' ' || char === '\t') && char !== separator
}

/** Where the value ends that begins behind a quote; a quote that stands twice is one of the value. */
function closingQuote(text: string, quote: string, from: number): number {
  let at = text.indexOf(quote, from)
  while (at >= 0 && text[at + 1] === quote) at = text.indexOf(quote, at + 2)
  return at
}
