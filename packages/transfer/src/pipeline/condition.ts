import type { Condition, Scalar } from '@logpipe/config'
import { compileRegex } from '@logpipe/runtime/regex'
import type { PipelineEvent } from './event.ts'
import type { JsonValue } from './json-value.ts'

/** Whether an event is meant. */
export type Holds = (event: PipelineEvent) => boolean

type Test = (value: JsonValue) => boolean

/** The check that a condition describes: all that stands in it must hold. Throws `settings_invalid` for a pattern that is none. */
export function compileCondition(condition: Condition): Holds {
  const parts: Holds[] = []
  const { field, exists, not, all, any } = condition
  if (field !== undefined) parts.push(compileField(field, exists, compileTests(condition)))
  if (not !== undefined) parts.push(negate(compileCondition(not)))
  if (all !== undefined) parts.push(every(all.map(compileCondition)))
  if (any !== undefined) parts.push(some(any.map(compileCondition)))
  return parts.length === 1 ? (parts[0] as Holds) : every(parts)
}

function compileField(field: string, exists: boolean | undefined, tests: readonly Test[]): Holds {
  if (exists === false) return (event) => isMissing(event.get(field))
  return (event) => {
    const value = event.get(field)
    if (value === undefined || isMissing(value)) return false
    // Of a list, one item must pass: that is how Elasticsearch searches it, too.
    return tests.every((test) => (Array.isArray(value) ? value.some(test) : test(value)))
  }
}

function compileTests({ equals, in: oneOf, contains, startsWith, matches, lt, gt }: Condition): Test[] {
  const tests: Test[] = []
  if (equals !== undefined) tests.push((value) => value === equals)
  if (oneOf !== undefined) {
    const values = new Set<JsonValue | Scalar>(oneOf)
    tests.push((value) => values.has(value))
  }
  if (contains !== undefined) tests.push((value) => textOf(value).includes(contains))
  if (startsWith !== undefined) tests.push((value) => textOf(value).startsWith(startsWith))
  if (matches !== undefined) {
    const regex = compileRegex(matches)
    tests.push((value) => regex.test(textOf(value)))
  }
  if (lt !== undefined) tests.push((value) => numberOf(value) < lt)
  if (gt !== undefined) tests.push((value) => numberOf(value) > gt)
  return tests
}

function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function textOf(value: JsonValue): string {
  return typeof value === 'object' ? '' : String(value)
}

/** NaN where it is no number: no comparison holds then. */
function numberOf(value: JsonValue): number {
  if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value)
  return typeof value === 'number' ? value : Number.NaN
}

function negate(holds: Holds): Holds {
  return (event) => !holds(event)
}

function every(parts: readonly Holds[]): Holds {
  return (event) => parts.every((holds) => holds(event))
}

function some(parts: readonly Holds[]): Holds {
  return (event) => parts.some((holds) => holds(event))
}
