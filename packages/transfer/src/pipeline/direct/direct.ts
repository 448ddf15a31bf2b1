import type { Budget } from '@logpipe/config'
import { pathOf } from '../path.ts'
import { Found, type LineScan } from './found.ts'
import { Layout, type PlacedField } from './layout.ts'

/** Longer lines are rare, and need more room than a bulk has for one document. */
const maxLineBytes = 16_384
/** How often the same bytes may be found: as an address, and as text. */
const mostTwice = 2
/** Characters that the budget counts for a number. */
const scalarBytes = 8

/** Objects that a document has anyway, with which those of a pipeline are merged. `event` is none of them: it only grows. */
const merged: ReadonlySet<string | undefined> = new Set(['host', 'labels', 'log'])

/**
 * A pipeline of one processor that leaves the bytes of a line where they are: what it finds is written into the document from there. It
 * makes the documents that the processor would make, but for the order of fields that are there now and then. One owner.
 */
export class DirectPipeline {
  readonly found: Found
  /** What comes into `event`, without that name. */
  readonly event: Layout
  /** What comes into the document beside what the record brings. */
  readonly rest: Layout
  readonly #scan: LineScan
  readonly #maxLineBytes: number

  constructor(scan: LineScan, fields: readonly PlacedField[], maxBytes: number) {
    this.#scan = scan
    this.#maxLineBytes = Math.min(maxLineBytes, maxBytes)
    this.found = new Found(scan.fields.length)
    this.event = new Layout(
      fields.filter(({ parts }) => parts[0] === 'event').map((field) => ({ ...field, parts: field.parts.slice(1) })),
    )
    this.rest = new Layout(fields.filter(({ parts }) => parts[0] !== 'event'))
  }

  /** Bytes that a document may need for what can be found in a line of `length` bytes, each of which may become `escapedBytes`. */
  maxBytes(length: number, escapedBytes: number): number {
    return this.event.maxBytes + this.rest.maxBytes + mostTwice * length * escapedBytes
  }

  /** Fills `found` from `line[start, end)`, read at `timestampMs`. False: this line is to go through the processor. */
  find(line: Buffer, start: number, end: number, timestampMs: number): boolean {
    if (end - start > this.#maxLineBytes) return false
    this.found.clear(timestampMs)
    return this.#scan.run(this.found, line, start, end)
  }
}

/** The direct way for this scan; null where its fields, or the budget, have more to be looked after. */
export function directPipeline(scan: LineScan, budget: Budget): DirectPipeline | null {
  const fields: PlacedField[] = []
  let nameBytes = 0
  for (const [field, { path, kind }] of scan.fields.entries()) {
    const { kind: place, parts } = pathOf(path)
    if (place !== 'field' || merged.has(parts[0]) || parts.length > budget.depth) return null
    if (fields.some(({ parts: other }) => isPrefix(other, parts) || isPrefix(parts, other))) return null
    nameBytes += (parts.at(-1) ?? '').length + scalarBytes
    fields.push({ field, kind, parts })
  }
  const maxBytes = Math.floor((budget.bytes - nameBytes) / mostTwice)
  return fields.length > budget.fields ? null : new DirectPipeline(scan, fields, maxBytes)
}

/** Whether one path is the beginning of the other, or the same: the order of lines' values decides which of them stays. */
function isPrefix(parts: readonly string[], others: readonly string[]): boolean {
  return parts.length <= others.length && parts.every((part, index) => part === others[index])
}
