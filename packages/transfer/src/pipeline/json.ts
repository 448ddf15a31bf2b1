import type { ProcessorSpec } from '@logpipe/config'
import { isJsonObject, type JsonObject, type JsonValue, WholeFloat } from './json-value.ts'
import type { PipelineEvent } from './event.ts'
import type { Processor } from './processor.ts'

/** Takes the fields of a JSON object; those of names with dots, arrays and objects in one another within the event's budget. */
export function makeJson({ field, target, keepOriginal }: ProcessorSpec<'json'>): Processor {
  return {
    run(event) {
      const text = event.get(field)
      if (typeof text !== 'string') return { reason: `the field ${field} holds no text` }
      const value = parseObject(text, event.budget.bytes)
      if (typeof value === 'string') return { reason: value }
      if (target !== undefined) event.set(target, value)
      else takeFields(event, value, keepOriginal)
      return null
    },
  }
}

/** Puts the fields of `value` at the top of the document. */
function takeFields(event: PipelineEvent, value: JsonObject, keepOriginal: boolean): void {
  if (keepOriginal && Object.hasOwn(value, 'message')) event.keepOriginal()
  for (const name of Object.keys(value)) event.set(name, value[name] as JsonValue)
}

/**
 * A run of digits that may be more than a double holds exactly, or a number that may be whole and has a point or an exponent. Asked of every
 * line: written so that it costs little more than the run of digits alone.
 */
const particularNumber = /\d(?:\d{15}|\.0+[\s,}\]]|[eE][+-]?\d+[\s,}\]])/

/** The object that the text is, or why it is none. Whole numbers that would lose digits stay text, those with a point (`2.0`) keep it. */
export function parseObject(text: string, maxLength: number): JsonObject | string {
  if (text.length > maxLength) return 'the text is longer than the budget allows'
  try {
    const value = (particularNumber.test(text) ? JSON.parse(text, keepNumber) : JSON.parse(text)) as JsonValue
    return isJsonObject(value) ? value : 'the JSON is no object'
  } catch (error) {
    // The parser's own sentence quotes the text. A stack that ends is the reviver's: the parser itself needs none.
    return error instanceof RangeError ? 'the JSON is nested too deep' : 'the text is no JSON'
  }
}

function keepNumber(this: unknown, _name: string, value: JsonValue, context?: { source?: string }): JsonValue {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || !Number.isInteger(value)) return value
  if (!/^-?\d+$/.test(source)) return new WholeFloat(value)
  return Number.isSafeInteger(value) ? value : source
}
