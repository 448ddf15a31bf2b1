import type { ProcessorSpec } from '@logpipe/config'
import { compileRegex } from '@logpipe/runtime/regex'
import { fieldPattern, type FieldPattern, takeApart } from './captures.ts'
import { expandGrok } from './grok/expand.ts'
import type { Processor } from './processor.ts'
import { underKey } from './spec-error.ts'

/** The known patterns are longer than what people write as one regex: that of Apache's error log has 1,093 steps. */
const maxSteps = 3_000

/** Takes lines apart by grok patterns; the first that matches decides. */
export function makeGrok({ field, patterns, definitions }: ProcessorSpec<'grok'>): Processor {
  const compiled = patterns.map((pattern, i) => underKey(`patterns[${i}]`, () => compileGrok(pattern, definitions)))
  return takeApart(field, compiled)
}

function compileGrok(pattern: string, definitions: Readonly<Record<string, string>>): FieldPattern {
  const { regex, captures } = expandGrok(pattern, definitions)
  return fieldPattern(compileRegex(regex, maxSteps), captures)
}
