/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [name: string]: JsonValue
}

/** Whether a value has fields of its own. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
