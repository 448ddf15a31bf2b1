import { type Budget, defaultBudget } from '@logpipe/config'
import { isMoment } from '../document/timestamp.ts'
import { Fields } from './fields.ts'
import { holdsObject, type JsonObject, type JsonValue, isJsonObject, plainOf, textsOf, valueAt } from './json-value.ts'
import { pathOf } from './path.ts'
import { readTimestamp } from './read-timestamp.ts'

const noBytes: Buffer = Buffer.alloc(0)
const noFields: JsonObject = {}

/** Bound on tags: a pipeline writes a few, a document of another producer may bring any number. */
const maxTags = 100

/**
 * A line on its way through a pipeline: what is known of it so far. One object serves all lines of a writer, one after the other,
 * so nothing may keep it.
 */
export class PipelineEvent {
  /** Becomes `@timestamp`: the record's until a processor sets it. `event.created` stays when the line was read. */
  timestampMs: number
  /** Whether the message is still the record's own bytes. */
  isMessageUntouched = false
  hasMessage = true
  readonly tags: string[] = []
  readonly #fields: Fields
  #text: string | null
  #line = noBytes
  #start = 0
  #end = 0
  #base = noFields

  constructor(message = '', timestampMs = 0, budget: Budget = defaultBudget) {
    this.timestampMs = timestampMs
    this.#fields = new Fields(budget)
    this.#text = message
  }

  /** What a pipeline may put there, at most. */
  get budget(): Budget {
    return this.#fields.budget
  }

  /** Begins with the next line: `line[start, end)`, read when the record says; `base`: what the record brings with it. */
  begin(
    line: Buffer,
    start: number,
    end: number,
    timestampMs: number,
    base = noFields,
    budget: Budget = defaultBudget,
  ): void {
    this.#fields.budget = budget
    this.timestampMs = timestampMs
    this.isMessageUntouched = true
    this.hasMessage = true
    if (this.tags.length > 0) this.tags.length = 0
    this.#fields.clear()
    this.#text = null
    this.#line = line
    this.#start = start
    this.#end = end
    this.#base = base
  }

  /** The whole line. It is kept whatever happens, unless a processor removes or replaces it on purpose. */
  get message(): string {
    return (this.#text ??= this.#line.toString('utf8', this.#start, this.#end))
  }

  set message(text: string) {
    this.#text = text.isWellFormed() ? text : text.toWellFormed()
    this.isMessageUntouched = false
    this.hasMessage = true
  }

  /** What was put so far, without message, tags and time. Read-only. */
  get fields(): JsonObject {
    return this.#fields.root
  }

  get hasFields(): boolean {
    return !this.#fields.isEmpty
  }

  /** The field at the top, which `fields` as JSON no longer has then: it is to be written in another place. */
  takeOut(name: string): JsonValue | undefined {
    return this.#fields.isEmpty ? undefined : this.#fields.takeOut(name)
  }

  /** The value of a dotted ECS path: what a processor put there, else what the record brought (`host.name`, `labels.team`). */
  get(path: string): JsonValue | undefined {
    const value = this.getAsWritten(path)
    return typeof value === 'object' && value !== null ? plainOf(value) : value
  }

  /** The same to be put elsewhere: a number as it is written (`2.0`). */
  getAsWritten(path: string): JsonValue | undefined {
    const { kind, parts, given } = pathOf(path)
    if (kind === 'message') return this.hasMessage ? this.message : undefined
    if (kind === 'timestamp') return isMoment(this.timestampMs) ? new Date(this.timestampMs).toISOString() : undefined
    if (kind === 'tags') {
      const tags = [...listOf(valueAt(this.#base, given)), ...this.tags]
      return tags.length === 0 ? undefined : tags
    }
    return this.#fields.get(parts) ?? valueAt(this.#base, given)
  }

  /**
   * Puts a value there; an object is merged. False where not all of it could be put: the budget is used up (tag `_budget_exceeded`),
   * or a value of another kind is in the way (tag `_field_conflict`).
   */
  set(path: string, value: JsonValue): boolean {
    const { kind, parts } = pathOf(path)
    return kind === 'field' ? this.#put(parts, value) : this.#setKnown(path, plainOf(value))
  }

  /** Puts a text there whatever the budget says: the whole line, where else it would be lost. */
  keep(path: readonly [string, string], text: string): void {
    this.#fields.keep(path, text)
  }

  /** Keeps the line as `event.original` before a message takes its place; the first one, where that happens twice. */
  keepOriginal(): void {
    if (this.hasMessage && this.get('event.original') === undefined) this.keep(['event', 'original'], this.message)
  }

  /** Takes away what a processor put there, or the message. What the record brought stays. */
  remove(path: string): void {
    const { kind, parts } = pathOf(path)
    if (kind === 'message') {
      this.message = ''
      this.hasMessage = false
    } else if (kind === 'tags') this.tags.length = 0
    else this.#fields.remove(parts)
  }

  /** Adds to `tags`, once. */
  tag(tag: string): void {
    if (this.tags.length < maxTags && !this.tags.includes(tag)) this.tags.push(tag)
  }

  /** The same of a field that means something to us. */
  #setKnown(path: string, value: JsonValue): boolean {
    const { kind, parts, scalarHome } = pathOf(path)
    switch (kind) {
      case 'section':
        if (isJsonObject(value)) return this.#setAll(path, value)
        if (holdsObject(value)) return this.#put(['original', ...parts], value)
        return value === null || this.set(scalarHome, textsOf(value))
      case 'timestamp':
        return this.#setTimestamp(parts, value)
      case 'tags':
        return this.#setTags(value)
      case 'message':
        if (typeof value === 'object') return value === null || this.#put(['original', 'message'], value)
        this.message = String(value)
        return true
      default:
        if (holdsObject(value)) return this.#put(['original', ...parts], value)
        // Nothing takes nothing's place: what the record brought stays.
        return value === null || this.#put(parts, textsOf(value))
    }
  }

  #put(parts: readonly string[], value: JsonValue): boolean {
    const refusal = this.#fields.set(parts, value)
    if (refusal === null) return true
    this.tag(refusal === 'budget' ? '_budget_exceeded' : '_field_conflict')
    return false
  }

  /** Name by name, since some of them are ours. */
  #setAll(path: string, value: JsonObject): boolean {
    let isWhole = true
    for (const [name, inner] of Object.entries(value)) {
      if (!this.set(`${path}.${name}`, inner)) isWhole = false
    }
    return isWhole
  }

  #setTimestamp(parts: readonly string[], value: JsonValue): boolean {
    const ms = readTimestamp(value)
    if (ms === null) return this.#put(parts, value)
    this.timestampMs = ms
    return true
  }

  #setTags(value: JsonValue): boolean {
    const objects: JsonValue[] = []
    for (const tag of Array.isArray(value) ? value : [value]) {
      if (typeof tag === 'object' && tag !== null) objects.push(tag)
      else if (tag !== null) this.tag(String(tag).toWellFormed())
    }
    if (objects.length === 0) return true
    // Pairs of key and value, as clouds have them, are no tags.
    return this.#put(['original', 'tags'], isJsonObject(value) ? value : objects)
  }
}

function listOf(value: JsonValue | undefined): string[] {
  const list = Array.isArray(value) ? value : [value]
  return list.filter((item) => typeof item === 'string')
}
