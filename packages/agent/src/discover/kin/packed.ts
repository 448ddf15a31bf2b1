import type { Clock } from '@logpipe/runtime'
import { Cursor } from '../../harvest/cursor.ts'
import type { Harvester } from '../../harvest/harvester.ts'
import {
  brokenError,
  incompleteRemark,
  type PackedKind,
  type PackedSlots,
  stalledMs,
} from '../../harvest/packed/index.ts'
import { Source } from '../../harvest/source.ts'
import type { Ledger } from '../../registry/ledger.ts'
import type { Files } from '../files.ts'
import { headBytes, printOf } from '../fingerprint.ts'
import type { FileStat } from '../identity.ts'
import { isKindred } from './copies.ts'
import { aliveLike, type Ancestor, Inquiry, orphanLike, restingLike, sourceIdOf } from './inquiry.ts'
import type { Orphan } from './orphan.ts'
import { binaryReason, hasOwnNuls, isBinary } from './text.ts'

export interface PackedKinOptions {
  readonly files: Files
  readonly ledger: Ledger
  readonly clock: Clock
  readonly holdMs: number
  readonly slots: PackedSlots
  /** Files that are read and begin like this. */
  readonly alike: (head: Buffer, path: string) => Harvester[]
  readonly waiting: () => Iterable<Orphan>
  /** The file goes on with the orphan, which may be one that waits. */
  readonly succeed: (file: Harvester, orphan: Orphan, stat: FileStat) => void
}

interface Held {
  readonly original: Harvester
  readonly sourceId: string
  readonly bytes: number
}

/**
 * Knows packed files by what they hold: one whose content was read plain goes on where that ended, under that source; one whose plain form is
 * still being read is held. One owner.
 */
export class PackedKin {
  readonly #options: PackedKinOptions
  readonly #inquiries = new Map<Harvester, Inquiry>()
  readonly #held = new Map<Harvester, Held>()

  constructor(options: PackedKinOptions) {
    this.#options = options
  }

  /** As `Kinship.judge`. */
  async judge(file: Harvester, fd: number, kind: PackedKind, stat: FileStat): Promise<boolean> {
    const held = this.#held.get(file)
    if (held !== undefined && held.bytes === stat.size && this.#isAlive(held.original, held.sourceId)) {
      // One that is lost or nowhere ends when all of it is acknowledged; then its checkpoint tells.
      if (held.original.lost !== null || held.original.isNowhere || !this.#isOverdue(file)) return false
      this.removed(file)
      const content = this.#options.slots.acquire(file, fd, kind)
      if (content === null) return false
      this.#begin(file, (await content.head()).bytes)
      return true
    }
    this.#held.delete(file)
    if (this.#isTooEarly(file)) return false
    const content = this.#options.slots.acquire(file, fd, kind)
    if (content === null) return false
    let inquiry = this.#inquiries.get(file)
    const { bytes: head, state, reason } = await content.head()
    if (inquiry === undefined || inquiry.content !== content) {
      if (file.source.read > 0) return this.#ignore(file, bornBefore)
      if (head.length === 0 && state === 'broken') throw brokenError(file.path, reason)
      if (head.length === 0) return state === 'incomplete' ? this.#wait(file) : false
      const mayGrow = state === 'incomplete' && !this.#isOverdue(file, stalledMs)
      if (mayGrow && head.length < headBytes) return this.#wait(file)
      const { spec } = file.entry
      if (!hasOwnNuls(spec) && isBinary(head)) return this.#ignore(file, binaryReason(spec.encoding))
      inquiry = new Inquiry(content, this.#candidates(file, head))
      this.#inquiries.set(file, inquiry)
    }
    const answer = await inquiry.ask()
    if (answer === 'more') return true
    if (answer === 'waits') return this.#wait(file)
    this.#inquiries.delete(file)
    if (answer.ancestor === null) {
      // Files that are known since it was begun: this may take as long as the packing.
      const { asked } = inquiry
      const newcomers = this.#candidates(file, head).filter(({ ancestor }) => !asked.has(sourceIdOf(ancestor)))
      if (newcomers.length > 0) this.#inquiries.set(file, new Inquiry(content, newcomers, asked))
      else this.#begin(file, head)
    } else return this.#descend(file, answer.ancestor, stat)
    return true
  }

  removed(file: Harvester): void {
    this.#held.delete(file)
    this.#inquiries.delete(file)
  }

  /** Whether a file that was found together with it, and may be its plain form, has not had its turn yet. */
  #isTooEarly(file: Harvester): boolean {
    if (this.#inquiries.has(file) || this.#isOverdue(file)) return false
    for (const other of this.#options.files.all) {
      const hasNotBegun = other.standing === 'new' && !other.isAtEnd && other.failure === null
      if (hasNotBegun && other.source.topic === file.source.topic && isKindred(other.path, file.path)) return true
    }
    return false
  }

  #candidates(file: Harvester, head: Buffer): ReturnType<typeof aliveLike> {
    const { alike, waiting, ledger } = this.#options
    const { topic } = file.source
    return [
      ...alike(head, file.path)
        .filter((other) => other !== file && other.source.topic === topic)
        .flatMap(aliveLike),
      ...[...waiting()].filter(({ source }) => source.topic === topic).flatMap((orphan) => orphanLike(orphan, head)),
      ...restingLike(head, topic, ledger),
    ]
  }

  /** The file holds what that one was read from. What has changed meanwhile is asked anew. */
  #descend(file: Harvester, ancestor: Ancestor, stat: FileStat): boolean {
    const { ledger, slots, succeed, waiting } = this.#options
    if (ancestor.kind === 'orphan') {
      if ([...waiting()].includes(ancestor.orphan)) succeed(file, ancestor.orphan, stat)
    } else if (ancestor.kind === 'resting') {
      const { checkpoint } = ancestor
      if (!ledger.isResting(checkpoint)) return true
      const source = Source.resume(checkpoint, Infinity, ledger)
      ledger.resumed(checkpoint, source)
      const cursor = new Cursor(source.cursorPrint)
      succeed(file, { source, cursor, entry: file.entry, unreadBytes: 0 }, { ...stat, size: Infinity })
    } else if (this.#isAlive(ancestor.file, ancestor.sourceId)) {
      slots.release(file)
      file.hold(ancestor.file)
      this.#held.set(file, { original: ancestor.file, sourceId: ancestor.sourceId, bytes: stat.size })
      return false
    }
    return true
  }

  #begin(file: Harvester, head: Buffer): void {
    file.begin(printOf(head, 0, head.length), null)
  }

  #ignore(file: Harvester, reason: string): false {
    this.#options.slots.release(file)
    file.ignore(reason)
    return false
  }

  #wait(file: Harvester): false {
    file.remark = incompleteRemark
    return false
  }

  #isAlive(file: Harvester, sourceId: string): boolean {
    return this.#options.files.all.has(file) && file.source.id === sourceId
  }

  #isOverdue(file: Harvester, afterMs = this.#options.holdMs): boolean {
    return this.#options.clock.monotonic() - file.quietSince >= afterMs
  }
}

const bornBefore =
  'It is packed, and was there before its entry ran for the first time, which starts at the end (startAt).'
