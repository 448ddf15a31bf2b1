import type { ProcessorSpec } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { compileRegex } from '@logpipe/runtime/regex'
import { fieldPattern, type FieldPattern, takeApart } from './captures.ts'
import type { Processor } from './processor.ts'
import { underKey } from './spec-error.ts'

/** Takes lines apart by regular expressions with named groups; the first that matches decides. */
export function makeRegex({ field, patterns, fields }: ProcessorSpec<'regex'>): Processor {
  const compiled = patterns.map((pattern, i) => underKey(`patterns[${i}]`, () => compilePattern(pattern, fields)))
  const known = new Set(compiled.flatMap(({ regex }) => regex.groups))
  const stray = Object.keys(fields).find((name) => !known.has(name))
  if (stray !== undefined) {
    throw new LogpipeError('settings_invalid', `fields.${stray}: no pattern has a group of this name.`)
  }
  return takeApart(field, compiled)
}

/** Groups go to the field that `fields` names, else to that of their own name with a dot for each `__`. */
function compilePattern(pattern: string, fields: Readonly<Record<string, string>>): FieldPattern {
  const regex = compileRegex(pattern)
  const names = regex.groups.filter((name) => name !== null)
  if (names.length === 0) {
    throw new LogpipeError('settings_invalid', "it has no named group, so it would set nothing: write '(?P<name>…)'.")
  }
  const captures = names.map((group) => {
    const path = Object.hasOwn(fields, group) ? (fields[group] as string) : group.replaceAll('__', '.')
    return { group, path, type: 'text' as const }
  })
  return fieldPattern(regex, captures)
}
