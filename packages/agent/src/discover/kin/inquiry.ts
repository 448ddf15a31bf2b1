import type { Harvester } from '../../harvest/harvester.ts'
import type { PackedContent } from '../../harvest/packed/content.ts'
import { Cursor } from '../../harvest/cursor.ts'
import type { Ledger } from '../../registry/ledger.ts'
import type { Checkpoint } from '../../registry/registry.ts'
import { cursorBytes, emptyPrint, matchesPrint, type Print, printOf } from '../fingerprint.ts'
import type { Orphan } from './orphan.ts'

/** A source whose content a packed file may hold, or a file of which it may be the packed form. */
export type Ancestor =
  | { readonly kind: 'orphan'; readonly orphan: Orphan }
  | { readonly kind: 'resting'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'alive'; readonly file: Harvester; readonly sourceId: string }

/** What has to be found in the packed file for it. */
export interface Candidate {
  readonly ancestor: Ancestor
  /** Up to here it was read, or, of one that is alive, it goes. */
  readonly end: number
  /** The bytes before that. */
  readonly cursor: Cursor
  /** Nothing may stand behind this; Infinity where anything may. */
  readonly lastEnd: number
}

export type Answer = 'more' | 'waits' | { readonly ancestor: Ancestor | null }

/** Looks into one packed file for the sources that it may hold the content of, once through, from the beginning on. */
export class Inquiry {
  readonly content: PackedContent
  /** The sources that it was asked for, by their ids. */
  readonly asked: ReadonlySet<string>
  readonly #candidates: Candidate[]
  readonly #into = Buffer.allocUnsafe(cursorBytes + 1)
  #best: Ancestor | null = null

  /** `before`: what was asked of the same file before. */
  constructor(content: PackedContent, candidates: Candidate[], before: Iterable<string> = []) {
    this.content = content
    this.asked = new Set([...before, ...candidates.map(({ ancestor }) => sourceIdOf(ancestor))])
    this.#candidates = candidates.toSorted((a, b) => a.end - b.end)
  }

  /** Looks on. `more`: it takes longer, ask again. `waits`: the file is not complete. */
  async ask(): Promise<Answer> {
    const [next] = this.#candidates
    if (next === undefined) return { ancestor: this.#best }
    const { cursor, end, lastEnd } = next
    const start = end - cursor.length
    const want = (lastEnd === Infinity ? end : lastEnd + 1) - start
    const { got, state } = await this.content.read(start, this.#into, want)
    if (got < want && state === 'more') return 'more'
    if (got < want && state === 'incomplete') return 'waits'
    this.#candidates.shift()
    const holds = got >= cursor.length && cursor.matches(this.#into, cursor.length)
    if (holds && start + got <= lastEnd) this.#best = next.ancestor
    return 'more'
  }
}

/** The id of the source that the packed file may hold. */
export function sourceIdOf(ancestor: Ancestor): string {
  if (ancestor.kind === 'alive') return ancestor.sourceId
  return ancestor.kind === 'orphan' ? ancestor.orphan.source.id : ancestor.checkpoint.sourceId
}

/** Those of the checkpoints that nobody collects whose file began as `head` does. */
export function restingLike(head: Buffer, topic: string, ledger: Ledger): Candidate[] {
  const prints = new Map<number, Print>()
  const found: Candidate[] = []
  for (const checkpoint of ledger.allResting()) {
    const { length, hash } = checkpoint.head
    if (length === 0 || length > head.length || checkpoint.topic !== topic) continue
    let print = prints.get(length)
    if (print === undefined) {
      print = printOf(head, 0, length)
      prints.set(length, print)
    }
    if (print.hash !== hash) continue
    const { acked, cursor } = checkpoint
    // Few bytes are those of many files: one that goes on behind all that is known, by head or cursor, is another one. Lines that come
    // twice are better than lines that never come.
    const known = Math.max(length, acked)
    const lastEnd = known < cursorBytes ? known : Infinity
    found.push({ ancestor: { kind: 'resting', checkpoint }, end: acked, cursor: new Cursor(cursor), lastEnd })
  }
  return found
}

export function orphanLike(orphan: Orphan, head: Buffer): Candidate[] {
  const { source, cursor } = orphan
  if (source.head.length === 0 || !matchesPrint(source.head, head, 0, head.length)) return []
  return [{ ancestor: { kind: 'orphan', orphan }, end: source.read, cursor, lastEnd: Infinity }]
}

/** A file that is alive: the packed one must hold all of it, and no more. Where it cannot be read any more: all that was read of it. */
export function aliveLike(file: Harvester): Candidate[] {
  const ancestor = { kind: 'alive', file, sourceId: file.source.id } as const
  const tail = file.tail()
  if (tail === null) return [{ ancestor, end: file.source.read, cursor: file.mark(), lastEnd: Infinity }]
  const cursor = new Cursor(emptyPrint)
  cursor.move(tail.bytes, tail.bytes.length)
  return [{ ancestor, end: tail.size, cursor, lastEnd: tail.size }]
}
