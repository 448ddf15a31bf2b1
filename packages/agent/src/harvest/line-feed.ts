import type { HeaderBlock } from '@logpipe/kafka'
import type { Batch } from '../deliver/batch.ts'
import type { Delivery } from '../deliver/delivery.ts'
import type { Lane } from '../deliver/lane.ts'
import { partitionKey } from '../deliver/partition.ts'
import { cursorBytes } from '../discover/fingerprint.ts'
import type { PlanEntry } from '../plan/compile.ts'
import type { Feed, FeedContext } from './feed.ts'
import { lineHeaders } from './headers.ts'
import { LineFramer, markEnd, nulEnd, wholeUtf8End } from './lines.ts'
import { type Quota, quotaEnd, unlimited } from './quota.ts'
import type { Source } from './source.ts'

/** What a batch needs beside its lines' bytes and headers: its own header, the numbers of a record, the mark `resent`. */
const batchOverheadBytes = 160
const leastPieceBytes = 4

/** Shared by all feeds: only one of them works at a time. */
const framer = new LineFramer()

/**
 * Puts the lines of one source into the batches of its lane: framed, and copied once from the read buffer. The hot path of the
 * agent: no object, string, closure or promise a line.
 */
export class LineFeed implements Feed {
  end = 0
  lineCount = 0
  readonly aheadBytes = 0
  readonly waitMs = 0
  readonly wholeEnd = -1
  partialEnd = -1
  /** Longest piece of a line: what the entry wants, and what surely fits a batch. */
  readonly maxUnitBytes: number
  readonly #source: Source
  readonly #entry: PlanEntry
  readonly #delivery: Delivery
  readonly #plain: HeaderBlock
  /** For lines that may have been sent before; most sources have none. */
  readonly #resent: HeaderBlock
  readonly #key: Buffer | null
  #lane: Lane | null = null

  constructor(source: Source, entry: PlanEntry, { delivery, origin, batchBytes }: FeedContext) {
    this.#source = source
    this.#entry = entry
    this.#delivery = delivery
    const headers = (isResent: boolean): HeaderBlock =>
      lineHeaders(source.idFront, source.homePath, entry.spec, origin, isResent)
    this.#plain = headers(false)
    this.#resent = source.read < source.resentUntil ? headers(true) : this.#plain
    this.#key = partitionKey(entry.spec.partition, source.key)
    const room = batchBytes - this.#plain.maxBytes - (this.#key?.length ?? 0) - batchOverheadBytes
    this.maxUnitBytes = Math.max(leastPieceBytes, Math.min(entry.spec.maxLineBytes, room))
  }

  get hasRoom(): boolean {
    this.#lane ??= this.#delivery.lane(this.#entry.route, this.#source.key)
    return this.#lane?.hasRoom ?? false
  }

  get blockedReason(): string | null {
    return this.#lane?.reason ?? this.#delivery.reason(this.#entry.route)
  }

  append(bytes: Buffer, position: number, first: number, limit: number, quota: Quota): boolean {
    const until = quota === unlimited ? limit : quotaEnd(bytes, first, limit, quota)
    const source = this.#source
    const lane = this.#lane as Lane
    const plain = this.#plain
    const resent = this.#resent
    const sendableEnd = Math.min(source.sendableUntil, source.epochEnd) - position
    const resentEnd = source.resentUntil - position
    const cutAt = source.cut < 0 ? -1 : source.cut - position
    framer.reset(bytes, until, this.maxUnitBytes, cutAt)
    let batch: Batch | null = null
    let rangeStart = first
    let at = position + first === 0 ? markEnd(bytes, until) : first
    let lines = 0
    let hasRoom = true
    for (;;) {
      if (at === cutAt && framer.skipCutNewline(at)) {
        at = framer.next
        continue
      }
      if (at < until && bytes[at] === 0) {
        at = nulEnd(bytes, at, until)
        continue
      }
      if (at >= sendableEnd || !framer.find(at)) break
      batch ??= lane.writable()
      if (batch === null) {
        hasRoom = false
        break
      }
      const headers = at < resentEnd ? resent : plain
      if (batch.encoder.appendLine(bytes, at, framer.lineEnd, headers, position + at, this.#key)) {
        at = framer.next
        lines++
      } else if (batch.encoder.recordCount === 0) {
        batch = lane.enlarge()
      } else {
        this.#cover(batch, bytes, position, rangeStart, at)
        rangeStart = at
        lane.seal()
        batch = null
      }
    }
    this.#cover(batch, bytes, position, rangeStart, at)
    this.end = at
    this.partialEnd = position + wholeUtf8End(bytes, at, limit)
    this.lineCount = lines
    return hasRoom
  }

  /** Notes whose bytes `[start, end)` are. */
  #cover(batch: Batch | null, bytes: Buffer, position: number, start: number, end: number): void {
    if (end === start) return
    if (batch !== null) {
      batch.cover(this.#source, position + start, position + end, bytes, end)
      return
    }
    // Only what makes no record: there is nothing to send, so nothing to wait for.
    const tail = Buffer.from(bytes.subarray(Math.max(0, end - cursorBytes), end))
    this.#source.acknowledge(position + start, position + end, tail)
  }
}
