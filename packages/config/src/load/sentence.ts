import type { z } from 'zod'

type Issue = Parameters<z.core.$ZodErrorMap>[0]

const expectedWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with keys',
}

/** Stands as the message of a union that has no words of its own: what to say depends on its branches. */
export const wrongBranch = 'fits none of the forms that it may have'

/** What a union takes, for a value that is like none of its branches. */
export function unionSentence(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const forms = branches.flat().map((issue) => {
    if (issue.code === 'invalid_type') return expectedWords[issue.expected] ?? issue.expected
    return issue.code === 'invalid_value' ? issue.values.map(String).join(', ') : ''
  })
  return `must be ${[...new Set(forms.filter((form) => form !== ''))].join(' or ')}`
}

/**
 * Turns what zod found into words that follow the setting's path. Passed to `safeParse` as its error map, so that schemas
 * keep their own sentences where they have some. Never tells the value: it might be a secret.
 */
export function sentenceOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      return `must be ${expectedWords[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}${quotes(issue)}`
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum))
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum))
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing'
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : wrongBranch
    case 'invalid_key':
      return issue.issues[0]?.message
    default:
      return undefined
  }
}

/** `version: 1.10` is a number to YAML, and it would lose its last zero. */
function quotes(issue: { expected: string; input?: unknown }): string {
  const unquoted = typeof issue.input === 'number' || typeof issue.input === 'boolean'
  return issue.expected === 'string' && unquoted ? '; put quotes around it' : ''
}

function tooSmall(origin: string, least: number): string {
  if (origin === 'string') return least === 1 ? 'must not be empty' : `must have at least ${least} characters`
  if (origin === 'array') return `needs at least ${least} item${least === 1 ? '' : 's'}`
  return `must be at least ${least}`
}

function tooBig(origin: string, most: number): string {
  if (origin === 'string') return `must not be longer than ${most} characters`
  if (origin === 'array') return `must not have more than ${most} items`
  return `must be at most ${most}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'number':
      return Number.isInteger(value) ? 'a whole number' : 'a number'
    case 'boolean':
      return 'true or false'
    default:
      return 'a section with keys'
  }
}
