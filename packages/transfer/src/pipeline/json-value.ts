/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | WholeFloat | JsonValue[] | JsonObject
export interface JsonObject {
  [name: string]: JsonValue
}

/** Newer than the types of ECMAScript that we compile with. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/**
 * A whole number that was meant as one with a fraction: `2.0`, not `2`. JSON of JavaScript knows no difference, but Elasticsearch does: it makes a
 * field whose first value is `2` one of whole numbers, and cuts all others to them.
 */
export class WholeFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  toJSON(): unknown {
    return rawJSON(this.toString())
  }

  toString(): string {
    const digits = String(this.value)
    return digits.includes('e') ? digits : `${digits}.0`
  }
}

/** The number as one with a fraction, whether it has one or not. */
export function floatOf(number: number): JsonValue {
  return Number.isInteger(number) ? new WholeFloat(number) : number
}

/** The value, and those of a list, as numbers to reckon with. */
export function plainOf(value: JsonValue): JsonValue {
  if (value instanceof WholeFloat) return value.value
  return Array.isArray(value) && value.some((item) => item instanceof WholeFloat) ? value.map(plainOf) : value
}

/** The value, and those of a list, as texts: `error: true` would make the field one of truth values for all documents. No objects. */
export function textsOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(textsOf)
  return value === null ? value : String(value)
}

/** Whether a value has fields of its own. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WholeFloat)
}

/** Whether it is an object, or a list with one in it: what no text can be. */
export function holdsObject(value: JsonValue): boolean {
  return isJsonObject(value) || (Array.isArray(value) && value.some(holdsObject))
}

/** The value under these names, looked up one below the other; undefined where there is none. */
export function valueAt(root: JsonObject, parts: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root
  for (const part of parts) {
    // An own property only: `constructor` is a name like any other.
    if (!isJsonObject(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}
