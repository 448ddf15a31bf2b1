import { escapeMeasurement, escapeName, quoteString } from './escape.ts'
import { isFloat64, isInt64, isoTimeText, type Precision, timeText } from './numbers.ts'

/** A point as line protocol without its newline, empty where no field has a value; or what is wrong with the record. */
export type Point = { readonly line: string } | { readonly fault: string }

/** A tag that is added where a point has none of its key; both as they stand in line protocol. */
export interface Tag {
  readonly key: string
  readonly value: string
}

/** A number as it was written: whether it is an integer, and its last digits, are lost in a double. */
class WrittenNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Makes a point of a record `{"measurement" or "name", "tags"?: {}, "fields": {}, "timestamp"?}`; other keys are ignored.
 * `tags` are added where it has none of that key, `timestampMs` where it has no time of its own.
 */
export function pointOfJson(text: string, tags: readonly Tag[], timestampMs: number, precision: Precision): Point {
  const record = parseObject(text)
  if (record === null) return { fault: 'the value is no JSON object' }
  const name = record['measurement'] ?? record['name']
  if (typeof name !== 'string' || name === '') return { fault: 'there is no measurement (a text that is not empty)' }
  if (name.startsWith('#')) return { fault: "the measurement starts with '#', which makes a line a comment" }
  const fields = objectOf(record['fields'])
  if (fields === null) return { fault: 'there are no fields (an object)' }
  const own = record['tags'] === undefined ? {} : objectOf(record['tags'])
  if (own === null) return { fault: 'the tags are no object' }
  const time = timeOf(record['timestamp'] ?? new WrittenNumber(String(timestampMs)), precision)
  if (time === null)
    return { fault: 'the timestamp is neither whole milliseconds nor RFC 3339, or beyond 1677 to 2262' }

  let key = escapeMeasurement(name)
  const keys = new Set<string>()
  for (const [tag, value] of Object.entries(own)) {
    const written = tagText(value)
    if (written === null || tag === '')
      return { fault: 'a tag is neither text nor number nor true or false, or has no name' }
    if (written === '') continue
    keys.add(escapeName(tag))
    key += `,${escapeName(tag)}=${escapeName(written)}`
  }
  for (const tag of tags) if (!keys.has(tag.key)) key += `,${tag.key}=${tag.value}`

  const parts: string[] = []
  for (const [field, value] of Object.entries(fields)) {
    const written = fieldText(value)
    if (written === null || field === '') {
      return { fault: 'a field is neither text nor number nor true or false, or has no name' }
    }
    if (written !== '') parts.push(`${escapeName(field)}=${written}`)
  }
  return { line: parts.length === 0 ? '' : `${key} ${parts.join(',')} ${time}` }
}

function parseObject(text: string): Record<string, unknown> | null {
  // NOTE: TypeScript's declaration lacks the third parameter, the text that a value was written as.
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown
  try {
    return objectOf(
      parse(text, (_, value, { source }) => (typeof value === 'number' ? new WrittenNumber(source ?? '') : value)),
    )
  } catch {
    return null
  }
}

function objectOf(value: unknown): Record<string, unknown> | null {
  const isPlain =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
  return isPlain ? (value as Record<string, unknown>) : null
}

function timeOf(value: unknown, precision: Precision): string | null {
  if (value instanceof WrittenNumber) return isInt64(value.text) ? timeText(Number(value.text), precision) : null
  return typeof value === 'string' ? isoTimeText(value, precision) : null
}

/** Empty: left out, as InfluxDB has no empty tag; null: not a tag's value. */
function tagText(value: unknown): string | null {
  if (value === null) return ''
  if (value instanceof WrittenNumber) return value.text
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : null
}

/**
 * An integer that was written as one stays one (`12i`); `12.0` and `1.2e1` are floats. Empty: left out, as what JSON makes of
 * NaN and Infinity; null: not a field's value.
 */
function fieldText(value: unknown): string | null {
  if (value === null) return ''
  if (typeof value === 'string') return quoteString(value)
  if (typeof value === 'boolean') return String(value)
  if (!(value instanceof WrittenNumber)) return null
  if (isInt64(value.text)) return `${value.text}i`
  return isFloat64(value.text) ? value.text : ''
}
