import type { Budget } from '@logpipe/config'
import { isJsonObject, type JsonObject, type JsonValue, valueAt } from './json-value.ts'
import { pathOf } from './path.ts'

/** Why a value was not taken: the budget is used up, or a text stands where an object is needed, or the other way round. */
export type Refusal = 'budget' | 'conflict'

/** Characters that a number, a boolean or null counts for. */
const scalarBytes = 8

/** The fields of one document as a tree, within a budget. Names with dots become objects in one another. One owner. */
export class Fields {
  root: JsonObject = {}
  isEmpty = true
  budget: Budget
  #count = 0
  #bytes = 0
  #refusal: Refusal | null = null

  constructor(budget: Budget) {
    this.budget = budget
  }

  /** Forgets all, for the next document. */
  clear(): void {
    if (!this.isEmpty) this.root = {}
    this.isEmpty = true
    this.#count = 0
    this.#bytes = 0
  }

  get(parts: readonly string[]): JsonValue | undefined {
    return valueAt(this.root, parts)
  }

  /** Puts a value where `parts` say; an object is merged into the one that is there. What fits is put; null when all did. */
  set(parts: readonly string[], value: JsonValue): Refusal | null {
    this.#refusal = null
    this.isEmpty = false
    this.#put(this.root, parts, value, 0)
    return this.#refusal
  }

  /** Puts a text there whatever the budget says; for what else would be lost. */
  keep([section, name]: readonly [string, string], text: string): void {
    this.isEmpty = false
    const node = childOf(this.root, section)
    if (node !== undefined) node[name] = text
  }

  /** The field at the top, which is left out when the root is made JSON; undefined where there is none. */
  takeOut(name: string): JsonValue | undefined {
    const { root } = this
    if (!Object.hasOwn(root, name)) return undefined
    const value = root[name]
    // JSON.stringify leaves it out then. Deleting it would make all that follows slow.
    root[name] = undefined as unknown as JsonValue
    return value
  }

  /** Takes away the field, and objects that are empty then. */
  remove(parts: readonly string[], root = this.root): void {
    const [name = '', ...rest] = parts
    if (!Object.hasOwn(root, name)) return
    const child = root[name]
    if (rest.length === 0) {
      // Who renames fields is not charged for them twice.
      this.#count = Math.max(0, this.#count - valuesIn(child))
      this.#bytes = Math.max(0, this.#bytes - bytesIn(name, child))
      delete root[name]
    } else if (isJsonObject(child)) {
      this.remove(rest, child)
      if (Object.keys(child).length === 0) delete root[name]
    }
  }

  #put(from: JsonObject, parts: readonly string[], value: JsonValue, above: number): void {
    const depth = above + parts.length
    if (depth > this.budget.depth) return this.#refuse('budget')
    const last = parts.length - 1
    let node = from
    for (let i = 0; i < last; i++) {
      const next = childOf(node, parts[i] as string)
      if (next === undefined) return this.#refuse('conflict')
      node = next
    }
    const name = parts[last] as string
    const present = Object.hasOwn(node, name) ? node[name] : undefined
    if (isJsonObject(value)) {
      const inner = childOf(node, name)
      if (inner === undefined) return this.#refuse('conflict')
      return this.#merge(inner, value, depth)
    }
    if (isJsonObject(present)) return this.#refuse('conflict')
    if (!this.#spend(name, value, present)) return
    node[name] = Array.isArray(value) ? this.#list(value, depth) : wellFormed(value)
  }

  #merge(into: JsonObject, value: JsonObject, depth: number): void {
    for (const name of Object.keys(value)) {
      // One that has no more room may have thousands more names.
      if (this.#refusal === 'budget') return
      this.#put(into, isPlainName(name) ? [name] : pathOf(name).given, value[name] as JsonValue, depth)
    }
  }

  #list(values: readonly JsonValue[], depth: number): JsonValue[] {
    const list: JsonValue[] = []
    for (const value of values) {
      if (this.#refusal === 'budget') break
      if (isJsonObject(value)) {
        const item: JsonObject = {}
        this.#merge(item, value, depth)
        list.push(item)
      } else if (Array.isArray(value)) {
        if (depth >= this.budget.depth) this.#refuse('budget')
        else list.push(this.#list(value, depth + 1))
      } else if (this.#spend('', value, null)) list.push(wellFormed(value))
    }
    return list
  }

  /** Whether there is room for the value, in the place of what is `present`; null: as one more of a list, which is one value. */
  #spend(name: string, value: JsonValue, present: JsonValue | undefined): boolean {
    const isNew = present === undefined
    const bytes = this.#bytes + bytesOf(name, value) - (isNew || present === null ? 0 : bytesIn(name, present))
    if ((isNew && this.#count >= this.budget.fields) || bytes > this.budget.bytes) {
      this.#refuse('budget')
      return false
    }
    if (isNew) this.#count++
    // What is kept whatever the budget says was never taken from it.
    this.#bytes = Math.max(0, bytes)
    return true
  }

  #refuse(refusal: Refusal): void {
    if (this.#refusal !== 'budget') this.#refusal = refusal
  }
}

/** The object of this name, made where there is nothing; undefined where something else is in the way. */
function childOf(node: JsonObject, name: string): JsonObject | undefined {
  const child = Object.hasOwn(node, name) ? node[name] : undefined
  if (isJsonObject(child)) return child
  if (child !== undefined && child !== null) return undefined
  const made: JsonObject = {}
  node[name] = made
  return made
}

/** How many values of the budget it holds: a list is one, and the fields of the objects in it are more. */
function valuesIn(value: JsonValue | undefined): number {
  if (value === undefined) return 0
  if (Array.isArray(value)) return 1 + inList(value)
  return isJsonObject(value) ? Object.values(value).reduce<number>((sum, item) => sum + valuesIn(item), 0) : 1
}

function inList(list: readonly JsonValue[]): number {
  return list.reduce<number>((sum, item) => {
    return sum + (Array.isArray(item) ? inList(item) : isJsonObject(item) ? valuesIn(item) : 0)
  }, 0)
}

/** What a value that is no object counts for. */
function bytesOf(name: string, value: JsonValue): number {
  return name.length + (typeof value === 'string' ? value.length : scalarBytes)
}

/** What was counted for a value and all that is in it. */
function bytesIn(name: string, value: JsonValue | undefined): number {
  if (value === undefined) return 0
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + bytesIn('', item), bytesOf(name, value))
  if (!isJsonObject(value)) return bytesOf(name, value)
  return Object.entries(value).reduce((sum, [inner, item]) => sum + bytesIn(inner, item), 0)
}

function isPlainName(name: string): boolean {
  return name.charCodeAt(0) > 0x20 && !name.includes('.') && name !== '__proto__' && name.trim() === name
}

/** Half of a pair of UTF-16 could not be written as UTF-8. */
function wellFormed(value: JsonValue): JsonValue {
  return typeof value === 'string' && !value.isWellFormed() ? value.toWellFormed() : value
}
