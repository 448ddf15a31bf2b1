import { writeJsonText } from '../../document/escape.ts'
import { ConstantText, copyShort } from '../../document/words.ts'
import type { Found, FoundField } from './found.ts'

/** A field and where it stands in the document. */
export interface PlacedField {
  /** Its number among all that may be found. */
  readonly field: number
  readonly kind: FoundField['kind']
  /** The names from the top down to it. */
  readonly parts: readonly string[]
}

/** Of a number that was reckoned: 2⁵³ has sixteen digits. */
const maxDigits = 16

/**
 * Writes what was found as the inside of a JSON object, from the line's bytes to the document's. Fields that share names stand together, so
 * that all that stands between two values depends on nothing but these two, and is made once:
 *
 *   "source":{"address":"10.0.0.1","ip":"10.0.0.1"},"http":{"request":{"method":"GET"},"version":"1.1"}
 *                                ^^^^^^^^        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 *                        from address to ip      from ip to method
 */
export class Layout {
  /** Bytes that all of it can have, but for the texts from the line. */
  readonly maxBytes: number
  readonly #leaves: readonly PlacedField[]
  /** What stands between two leaves: row by row the one before (the last row: none), in each the one that follows (the last one: none). */
  readonly #between: readonly ConstantText[]

  /** No path may stand twice, or be the beginning of another. */
  constructor(fields: readonly PlacedField[]) {
    this.#leaves = grouped(fields)
    const ends = [...this.#leaves, null]
    this.#between = ends.flatMap((from) => ends.map((to) => new ConstantText(textBetween(from, to))))
    // Each row is left once at most.
    const longest = ends.map((_, row) =>
      Math.max(...this.#between.slice(row * ends.length, (row + 1) * ends.length).map(({ length }) => length)),
    )
    this.maxBytes = longest.reduce((sum, length) => sum + length, this.#leaves.length * maxDigits)
  }

  /** Whether any of it was found. */
  isIn({ starts }: Found): boolean {
    for (const { field } of this.#leaves) if ((starts[field] as number) >= 0) return true
    return false
  }

  /** Writes a comma and what was found of it in `line`; nothing where that is nothing. Returns the position after it. */
  write(found: Found, line: Buffer, out: Buffer, at: number): number {
    const leaves = this.#leaves
    const between = this.#between
    const { starts, ends, isPlain } = found
    const none = leaves.length
    let last = none
    for (let i = 0; i < none; i++) {
      const { field, kind } = leaves[i] as PlacedField
      const start = starts[field] as number
      if (start < 0) continue
      at = (between[last * (none + 1) + i] as ConstantText).write(out, at)
      last = i
      const end = ends[field] as number
      if (kind === 'number') at = writeNumber(out, at, found.numbers[field] as number)
      else if (isPlain || kind === 'digits') at = copyShort(out, at, line, start, end)
      else at = writeJsonText(out, at, line, start, end)
    }
    return last === none ? at : (between[last * (none + 1) + none] as ConstantText).write(out, at)
  }
}

/** The fields in such an order that those of the same object stand together, at every level in the order in which it first came. */
function grouped(fields: readonly PlacedField[], depth = 0): PlacedField[] {
  const groups = Map.groupBy(fields, ({ parts }) => parts[depth])
  return [...groups.values()].flatMap((group) => (group.length === 1 ? group : grouped(group, depth + 1)))
}

/** `from` null: at the beginning; `to` null: at the end. */
function textBetween(from: PlacedField | null, to: PlacedField | null): string {
  if (from === to) return ''
  const above = from === null ? [] : from.parts.slice(0, -1)
  const below = to === null ? [] : to.parts.slice(0, -1)
  let shared = 0
  while (shared < above.length && above[shared] === below[shared]) shared++
  const closing = `${from?.kind === 'text' ? '"' : ''}${'}'.repeat(above.length - shared)}`
  if (to === null) return closing
  const objects = below.slice(shared).map((name) => `${JSON.stringify(name)}:{`)
  const name = JSON.stringify(to.parts.at(-1))
  return `${closing},${objects.join('')}${name}:${to.kind === 'text' ? '"' : ''}`
}

/** A whole number from 0 to 2⁵³. */
function writeNumber(out: Buffer, at: number, value: number): number {
  let end = at + 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++
  let rest = value
  for (let i = end - 1; i >= at; i--) {
    const tens = Math.floor(rest / 10)
    out[i] = 48 + (rest - tens * 10)
    rest = tens
  }
  return end
}
