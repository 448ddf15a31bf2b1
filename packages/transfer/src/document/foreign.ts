import { isUtf8 } from 'node:buffer'
import type { PipelineEvent } from '../pipeline/event.ts'
import type { JsonValue } from '../pipeline/json-value.ts'
import { parseObject } from '../pipeline/json.ts'

/** How a record of another producer is read. */
export type ForeignKind = 'text' | 'json' | 'binary'

const brace = 0x7b

/** What the value `buffer[start, end)` is: binary is what is no UTF-8 or holds NUL; JSON, as far as its first character tells. */
export function foreignKind(buffer: Buffer, start: number, end: number): ForeignKind {
  const value = buffer.subarray(start, end)
  if (value.includes(0) || !isUtf8(value)) return 'binary'
  for (const byte of value) {
    if (byte === brace) return 'json'
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return 'text'
  }
  return 'text'
}

/**
 * Takes the fields of the JSON object that the event's message is; its `message`, if it has one, becomes ours. What does not fit
 * the budget is kept in `event.original`. False, and nothing changed, where it is no JSON object after all: it is text then.
 */
export function takeJson(event: PipelineEvent): boolean {
  const text = event.message
  const value = parseObject(text, event.budget.bytes)
  if (typeof value === 'string') return false
  event.remove('message')
  let isWhole = true
  for (const name of Object.keys(value)) {
    if (!event.set(name, value[name] as JsonValue)) isWhole = false
  }
  if (isWhole) return true
  if (!event.hasMessage) event.message = text
  else event.keep(['event', 'original'], text)
  return true
}

/** Makes bytes that are no text a document: base64 in `original.base64`, which is stored and not searched where it is long. */
export function takeBinary(event: PipelineEvent, value: Buffer): void {
  event.remove('message')
  event.keep(['original', 'base64'], value.toString('base64'))
  event.tag('_binary')
}
