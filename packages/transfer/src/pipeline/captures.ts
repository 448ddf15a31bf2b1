import type { LinearRegex } from '@logpipe/runtime/regex'
import type { PipelineEvent } from './event.ts'
import type { Capture } from './grok/expand.ts'
import { floatOf, type JsonValue } from './json-value.ts'
import type { Processor } from './processor.ts'

/** A regex and the fields that its groups go to. */
export interface FieldPattern {
  readonly regex: LinearRegex
  /** By group number; null where a group goes nowhere. */
  readonly fields: readonly (Omit<Capture, 'group'> | null)[]
}

/** The pattern whose groups of these names go to these fields. */
export function fieldPattern(regex: LinearRegex, captures: readonly Capture[]): FieldPattern {
  const byGroup = new Map(captures.map(({ group, path, type }) => [group, { path, type }]))
  return { regex, fields: regex.groups.map((name) => (name === null ? null : (byGroup.get(name) ?? null))) }
}

/** The step that takes a field apart by the first of these patterns that matches. Groups without text set nothing. */
export function takeApart(field: string, patterns: readonly FieldPattern[]): Processor {
  const noText = { reason: `the field ${field} holds no text` }
  const noMatch = { reason: patterns.length === 1 ? 'the pattern does not match' : 'none of the patterns matches' }
  return {
    run(event) {
      const text = event.get(field)
      if (typeof text !== 'string') return noText
      return takeFirst(patterns, event, text) ? null : noMatch
    },
  }
}

/** Puts what the first pattern that matches finds. False where none does. */
function takeFirst(patterns: readonly FieldPattern[], event: PipelineEvent, text: string): boolean {
  for (const { regex, fields } of patterns) {
    const groups = regex.match(text)
    if (groups === null) continue
    for (let i = 1; i < fields.length; i++) {
      const field = fields[i]
      const value = groups[i]
      if (field && value) take(event, field, value)
    }
    return true
  }
  return false
}

function take(event: PipelineEvent, { path, type }: Omit<Capture, 'group'>, text: string): void {
  if (type === 'text') {
    event.set(path, text)
    return
  }
  // What is no such value is left out: the field's type would refuse the document.
  const value = type === 'boolean' ? booleans.get(text.toLowerCase()) : numberOf(text, type)
  if (value !== undefined) event.set(path, value)
}

/** A map: `__proto__` in a line is no truth value. */
const booleans = new Map([
  ['true', true],
  ['false', false],
  ['yes', true],
  ['no', false],
  ['1', true],
  ['0', false],
])

/** Whole numbers that a double cannot hold stay text, digit by digit, as those of JSON do. */
function numberOf(text: string, type: 'int' | 'float'): JsonValue | undefined {
  const number = type === 'int' ? Math.trunc(Number(text)) : Number(text)
  if (type === 'int' && !Number.isSafeInteger(number)) {
    return /^[+-]?\d{1,19}$/.test(text) ? text.replace('+', '') : undefined
  }
  if (!Number.isFinite(number) || text.trim() === '') return undefined
  return type === 'float' ? floatOf(number) : number
}
