import type { ProcessorSpec } from '@logpipe/config'
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts'
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
      else takeFields(event, value, keepOriginal && field === 'message')
      return null
    },
  }
}

/** Puts the fields of `value` at the top of the document. */
function takeFields(event: PipelineEvent, value: JsonObject, keepOriginal: boolean): void {
  if (keepOriginal && Object.hasOwn(value, 'message')) event.keep(['event', 'original'], event.message)
  for (const name of Object.keys(value)) event.set(name, value[name] as JsonValue)
}

/** A run of digits that may be more than a double holds exactly. */
const longDigits = /\d{16}/

/** The object that the text is, or why it is none. Whole numbers that would lose digits stay text. */
export function parseObject(text: string, maxLength: number): JsonObject | string {
  if (text.length > maxLength) return 'the text is longer than the budget allows'
  try {
    const value = (longDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)) as JsonValue
    return isJsonObject(value) ? value : 'the JSON is no object'
  } catch (error) {
    // The parser's own sentence quotes the text. A stack that ends is the reviver's: the parser itself needs none.
    return error instanceof RangeError ? 'the JSON is nested too deep' : 'the text is no JSON'
  }
}

function keepDigits(this: unknown, _name: string, value: JsonValue, context?: { source?: string }): JsonValue {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && /^-?\d+$/.test(source) ? source : value
}
