import { isIP } from 'node:net'
import type { Kind, ProcessorSpec } from '@logpipe/config'
import { floatOf, isJsonObject, type JsonValue } from './json-value.ts'
import type { Processor, Verdict } from './processor.ts'

/** Turns values into those of another kind; of a list, each. A value that cannot be turned stays as it was. */
export function makeConvert({ fields }: ProcessorSpec<'convert'>): Processor {
  const steps = Object.entries(fields).map(([field, kind]) => ({
    field,
    turn: turns[kind],
    failure: { reason: `the field ${field} cannot be made ${words[kind]}` },
  }))
  return {
    run(event) {
      let verdict: Verdict = null
      for (const { field, turn, failure } of steps) {
        const value = event.get(field)
        if (value === undefined || value === null) continue
        const turned = Array.isArray(value) ? turnAll(value, turn) : turn(value)
        if (turned === undefined) verdict ??= failure
        else if (turned !== event.getAsWritten(field)) {
          // A text does not take an object's place by itself.
          const isObject = isJsonObject(value)
          if (isObject) event.remove(field)
          if (!event.set(field, turned) && isObject) event.set(field, value)
        }
      }
      return verdict
    },
  }
}

type Turn = (value: JsonValue) => JsonValue | undefined

const words: Record<Kind, string> = {
  integer: 'a whole number',
  float: 'a number',
  boolean: 'true or false',
  string: 'a text',
  ip: 'an IP address',
}

const turns: Record<Kind, Turn> = {
  integer: toInteger,
  float: toFloat,
  boolean: toBoolean,
  string: (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)),
  ip: (value) => (typeof value === 'string' && isIP(value) !== 0 ? value : undefined),
}

function turnAll(values: readonly JsonValue[], turn: Turn): JsonValue | undefined {
  const turned: JsonValue[] = []
  for (const value of values) {
    const each = turn(value)
    if (each === undefined) return undefined
    turned.push(each)
  }
  return turned
}

/** Whole numbers that a double cannot hold stay text: Elasticsearch reads their digits. */
function toInteger(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (/^0x[0-9a-f]{1,13}$/i.test(text)) return Number(text)
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text.replace(/^\+/, '')
}

function toFloat(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'number') return floatOf(value)
  if (typeof value !== 'string' || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(value.trim())) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? floatOf(number) : undefined
}

const booleans = new Map<string, boolean>([
  ...['true', 'yes', 'on', '1', 't', 'y'].map((word): [string, boolean] => [word, true]),
  ...['false', 'no', 'off', '0', 'f', 'n'].map((word): [string, boolean] => [word, false]),
])

function toBoolean(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'boolean') return value
  return typeof value === 'object' ? undefined : booleans.get(String(value).trim().toLowerCase())
}
