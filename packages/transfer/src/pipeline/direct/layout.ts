import { writeJsonText } from '../../document/escape.ts'
import { ConstantText, Words } from '../../document/words.ts'
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
const targetWords = new Words()

/**
 * Writes what was found as the inside of a JSON object, from the line's bytes to the document's. Fields that share names stand together, so
 * that all that stands between two values depends on nothing but these two, and is made once:
 *
 *   "source":{"address":"10.0.0.1","ip":"10.0.0.1"},"http":{"request":{"method":"GET"},"version":"1.1"}
 *   ╰─ before ip: `","ip":"` ──────┴──────┘        ╰─ from ip to method: `"},"http":{"request":{"method":"` ─╯
 */
export class Layout {
  /** Bytes that all of it can have, but for the texts from the line. */
  readonly maxBytes: number
  readonly #leaves: readonly PlacedField[]
  /** What stands between the leaf before (row; the last one is the beginning) and this one (column; the last one is the end). */
  readonly #between: readonly (readonly ConstantText[])[]

  /** No path may stand twice, or be the beginning of another. */
  constructor(fields: readonly PlacedField[]) {
    this.#leaves = grouped(fields)
    const ends = [...this.#leaves, null]
    this.#between = ends.map((from) => ends.map((to) => new ConstantText(textBetween(from, to))))
    // Each text is at most once a row, and a row is left once.
    this.maxBytes = this.#between.reduce(
      (sum, row) => sum + Math.max(...row.map(({ length }) => length)),
      this.#leaves.length * maxDigits,
    )
  }

  /** Whether any of it was found. */
  isIn({ starts }: Found): boolean {
    for (const { field } of this.#leaves) if ((starts[field] as number) >= 0) return true
    return false
  }

  /** Writes a comma and what was found of it in `line`; nothing where that is nothing. Returns the position after it. */
  write(found: Found, line: Buffer, out: Buffer, at: number): number {
    const target = targetWords.of(out)
    const leaves = this.#leaves
    const { starts, ends } = found
    const none = leaves.length
    let last = none
    for (let i = 0; i < none; i++) {
      const { field, kind } = leaves[i] as PlacedField
      const start = starts[field] as number
      if (start < 0) continue
      at = ((this.#between[last] as ConstantText[])[i] as ConstantText).write(target, at)
      last = i
      if (kind === 'number') at = writeNumber(out, at, found.numbers[field] as number)
      else if (kind === 'text') at = writeJsonText(out, at, line, start, ends[field] as number)
      else for (let digit = start; digit < (ends[field] as number); digit++) out[at++] = line[digit] as number
    }
    return last === none ? at : ((this.#between[last] as ConstantText[])[none] as ConstantText).write(target, at)
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
