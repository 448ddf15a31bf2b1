import { type Clock, describeError } from '@logpipe/runtime'
import type { Batch } from '../deliver/batch.ts'
import type { Delivery } from '../deliver/delivery.ts'
import type { Lane } from '../deliver/lane.ts'
import { cursorBytes, emptyPrint, headBytes, matchesPrint } from '../discover/fingerprint.ts'
import { type FileStat, sameFile, statHandle, unreadable } from '../discover/identity.ts'
import type { AgentEvents } from '../events.ts'
import type { PlanEntry } from '../plan/compile.ts'
import type { Ledger } from '../registry/ledger.ts'
import { Cursor } from './cursor.ts'
import type { HandleOwner, Handles } from './handles.ts'
import { type LineHeaders, lineHeaders, type Origin } from './headers.ts'
import { LineFramer } from './lines.ts'
import { readAt, type ReadBuffer } from './read-buffer.ts'
import { Source } from './source.ts'

/** What all harvesters share. */
export interface HarvestContext {
  readonly delivery: Delivery
  readonly ledger: Ledger
  readonly handles: Handles
  readonly events: AgentEvents
  readonly clock: Clock
  readonly buffer: ReadBuffer
  readonly origin: Origin
  readonly chunkBytes: number
  readonly batchBytes: number
}

/** `more`: another turn has something to do. `end`: nothing more for now. `waits`: for Kafka, the registry or a handle. */
export type TurnOutcome = 'more' | 'end' | 'waits'

/** Why a file is no longer at its path. */
export type LostCause = 'renamed' | 'deleted'

/** What a batch needs beside its lines' bytes and headers: its own header, and the numbers of a record. */
const batchOverheadBytes = 128

const framer = new LineFramer()

/**
 * Reader of one file's life: from the first look, over renames and generations, to the end. Content is judged here and nowhere
 * else. One owner calls it, one call at a time.
 */
export class Harvester implements HandleOwner {
  source: Source
  entry: PlanEntry
  /** Size and time of change as they were when it was looked at last. */
  size = -1
  /** Monotonic time since which nothing was appended. */
  quietSince: number
  lost: LostCause | null = null
  /** Whether `path` leads to it, also where it is lost. */
  isFindable = true
  /** Set where no entry asks for the file any more: it is read no further. */
  stopping = false
  /** Why it cannot be read, in a sentence. */
  failure: string | null = null
  /** Set where its path holds another file, seen while opening. */
  displaced = false
  /** Whether the last turn came to its end, and nothing new was seen since. */
  isAtEnd = false
  readonly #context: HarvestContext
  #mtimeNs = -1n
  #cursor: Cursor
  /** Reading paused: before it goes on, the head is compared too. */
  #paused = true
  #lane: Lane | null = null
  #headers: LineHeaders
  /** Longest piece that surely fits a batch. */
  #maxLineBytes: number
  #wantBytes: number

  constructor(source: Source, entry: PlanEntry, context: HarvestContext) {
    this.#context = context
    this.source = source
    this.entry = entry
    this.quietSince = context.clock.monotonic()
    this.#cursor = new Cursor(source.cursorPrint)
    this.#headers = lineHeaders(source.id, source.homePath, entry.spec, context.origin)
    this.#maxLineBytes = this.#pieceBytes()
    this.#wantBytes = context.chunkBytes
  }

  get path(): string {
    return this.source.path
  }

  /** Where no path leads to it, its handle is all there is of it. */
  get isClosable(): boolean {
    return this.isFindable
  }

  get hasPartialLine(): boolean {
    return this.size > this.source.read
  }

  get isSettled(): boolean {
    return this.source.acked >= this.source.read
  }

  /** Why its lines cannot go, in a sentence; null where nothing speaks against it. */
  get blockedReason(): string | null {
    return this.#lane?.reason ?? this.#context.delivery.topicReason(this.entry.spec.topic)
  }

  /** Takes what a look at the file says; returns whether it may have something to read, or to compare. */
  look(stat: FileStat): boolean {
    if (stat.size === this.size && stat.mtimeNs === this.#mtimeNs) return false
    this.quietSince = this.#context.clock.monotonic()
    this.isAtEnd = false
    return true
  }

  /** The entry has changed: what is read from now on goes its way. */
  adopt(entry: PlanEntry): void {
    const { source } = this
    this.entry = entry
    this.stopping = false
    this.#dress()
    if (source.entry === entry.spec.id && source.topic === entry.spec.topic) return
    source.entry = entry.spec.id
    source.topic = entry.spec.topic
    this.#context.ledger.touched(source)
  }

  /** Sends what stands behind the last line end as it is, once the registry knows where that ended. */
  cutPartialLine(): void {
    this.source.cut = this.size
    this.isAtEnd = false
    this.#context.ledger.hurry(this.source)
  }

  /** Reads one chunk and frames it. Never rejects: what cannot be read is in `failure`. */
  async turn(): Promise<TurnOutcome> {
    try {
      const outcome = await this.#turn()
      this.#context.events.troubleOver(this.path)
      this.failure = null
      this.isAtEnd = outcome === 'end'
      if (this.isAtEnd) this.#paused = true
      return outcome
    } catch (error) {
      const trouble = unreadable(this.path, error)
      this.failure = trouble.message
      this.#paused = true
      this.#context.handles.close(this)
      this.#context.events.trouble({ path: this.path, reason: describeError(trouble) })
      return 'end'
    }
  }

  async #turn(): Promise<TurnOutcome> {
    const { handles, ledger, delivery, buffer, chunkBytes } = this.#context
    const { source } = this
    this.#lane ??= delivery.lane(this.entry.route, source.key)
    if (this.#lane === null || !this.#lane.hasRoom) return 'waits'
    const fd = handles.acquire(this)
    if (fd === null) return 'waits'
    const stat = statHandle(fd)
    if (!sameFile(stat, source.identity)) {
      handles.close(this)
      this.displaced = true
      return 'end'
    }
    const before = this.size
    this.size = stat.size
    this.#mtimeNs = stat.mtimeNs
    if (stat.size < source.read) return this.#replace('it was truncated', stat, Math.max(before, source.read))
    const position = source.read - this.#cursor.length
    const want = this.#cursor.length + this.#wantBytes
    const got = await buffer.fill(fd, position, want)
    if (!this.#cursor.matches(buffer.bytes.subarray(0, got), Math.min(got, this.#cursor.length))) {
      return this.#replace('other bytes stand where it was read to', stat, before)
    }
    const head = await this.#head(fd, position, got)
    if (this.#paused && head !== null && !matchesPrint(source.head, head, 0, head.length)) {
      return this.#replace('its first bytes are others', stat, before)
    }
    this.#paused = false
    if (head !== null) source.grow(head)
    if (source.prepare(2 * chunkBytes)) ledger.hurry(source)
    if (!source.isSendable) return 'waits'
    return this.#frame(this.#lane, position, got, want)
  }

  /** Frames the `got` bytes that stand at `position` in the file, the first ones of which are those of the cursor. */
  #frame(firstLane: Lane, position: number, got: number, want: number): TurnOutcome {
    const { source, entry } = this
    const lane = firstLane
    const { bytes } = this.#context.buffer
    const { plain, resent } = this.#headers
    const key = entry.spec.partition === 'source' ? source.key : null
    const sendableEnd = source.sendableUntil - position
    const resentEnd = source.resentUntil - position
    const cutAt = source.cut < 0 ? -1 : source.cut - position
    const first = this.#cursor.length
    framer.reset(bytes, got, this.#maxLineBytes, cutAt)
    let batch: Batch | null = null
    let rangeStart = first
    let at = first
    let lines = 0
    let isFull = false
    for (;;) {
      if (at === cutAt && framer.skipCutNewline(at)) {
        at = framer.next
        continue
      }
      if (at >= sendableEnd || !framer.find(at)) break
      batch ??= lane.writable()
      if (batch === null) {
        isFull = true
        break
      }
      const headers = at < resentEnd ? resent : plain
      if (!batch.encoder.appendLine(bytes, at, framer.lineEnd, headers, position + at, key)) {
        if (batch.encoder.recordCount === 0) {
          batch = lane.enlarge()
          continue
        }
        this.#cover(batch, position, rangeStart, at)
        rangeStart = at
        lane.seal()
        batch = null
        continue
      }
      at = framer.next
      lines++
    }
    this.#cover(batch, position, rangeStart, at)
    if (at > first) {
      source.read = position + at
      this.#cursor.move(bytes, at)
      this.#context.events.linesRead(lines, at - first)
    }
    if (isFull) return 'waits'
    if (at >= sendableEnd) return 'more'
    // A full read without a whole line: the next one is large enough for the longest.
    const isWhole = got === want
    this.#wantBytes = isWhole && at === first ? this.#maxLineBytes + cursorBytes : this.#context.chunkBytes
    if (!isWhole) this.size = position + got
    return isWhole ? 'more' : 'end'
  }

  #cover(batch: Batch | null, position: number, start: number, end: number): void {
    if (end === start) return
    const { bytes } = this.#context.buffer
    if (batch !== null) batch.cover(this.source, position + start, position + end, bytes, end)
    // Only the newline behind a cut: there is nothing to send, so nothing to wait for.
    else
      this.source.acknowledge(
        position + start,
        position + end,
        Buffer.from(bytes.subarray(Math.max(0, end - cursorBytes), end)),
      )
  }

  /** The first bytes of the file, where they are needed: to compare them after a pause, or to know more of them. */
  async #head(fd: number, position: number, got: number): Promise<Buffer | null> {
    const { head } = this.source
    if (!this.#paused && head.length >= headBytes) return null
    if (position === 0 && got >= head.length) return this.#context.buffer.bytes.subarray(0, Math.min(got, headBytes))
    const bytes = Buffer.allocUnsafe(headBytes)
    return bytes.subarray(0, await readAt(fd, bytes, 0, headBytes))
  }

  /** The content is not that of this source: it begins anew, under an id that no line has had. */
  #replace(why: string, stat: FileStat, knownSize: number): TurnOutcome {
    const { ledger, events } = this.#context
    const before = this.source
    const unread = Math.max(0, knownSize - before.read)
    events.fileReplaced(this.path, why, unread)
    ledger.dropped(before)
    const { id, topic } = this.entry.spec
    this.source = Source.begin({ path: this.path, stat, generation: before.generation + 1 }, { id, topic }, ledger)
    ledger.began(this.source)
    this.#cursor = new Cursor(emptyPrint)
    this.#paused = true
    this.#dress()
    return 'more'
  }

  #dress(): void {
    this.#lane = null
    this.#headers = lineHeaders(this.source.id, this.source.homePath, this.entry.spec, this.#context.origin)
    this.#maxLineBytes = this.#pieceBytes()
  }

  #pieceBytes(): number {
    const room = this.#context.batchBytes - this.#headers.resent.maxBytes - this.source.key.length - batchOverheadBytes
    return Math.max(4, Math.min(this.entry.spec.maxLineBytes, room))
  }
}
