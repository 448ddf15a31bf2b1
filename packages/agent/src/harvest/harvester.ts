import type { Clock } from '@logpipe/runtime'
import { cursorBytes, emptyPrint, headBytes, matchesPrint } from '../discover/fingerprint.ts'
import { type FileStat, sameFile, statHandle, unreadable } from '../discover/identity.ts'
import type { AgentEvents } from '../events.ts'
import type { PlanEntry } from '../plan/compile.ts'
import type { Ledger } from '../registry/ledger.ts'
import { Cursor } from './cursor.ts'
import type { HandleOwner, Handles } from './handles.ts'
import { type Feed, type FeedContext, makeFeed } from './feed.ts'
import { unlimited } from './quota.ts'
import { readAt, type ReadBuffer } from './read-buffer.ts'
import { Source } from './source.ts'

/** What all harvesters share. */
export interface HarvestContext extends FeedContext {
  readonly ledger: Ledger
  readonly handles: Handles
  readonly events: AgentEvents
  readonly clock: Clock
  readonly buffer: ReadBuffer
  readonly chunkBytes: number
}

/** `more`: another turn has something to do. `end`: nothing more for now. `waits`: for Kafka, the registry or a handle. */
export type TurnOutcome = 'more' | 'end' | 'waits'

/** Why a file is no longer at its path. */
export type LostCause = 'renamed' | 'deleted'

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
  /** Made when it is first needed: most files are quiet most of the time. */
  #madeFeed: Feed | null = null
  #wantBytes: number

  constructor(source: Source, entry: PlanEntry, context: HarvestContext) {
    this.#context = context
    this.source = source
    this.entry = entry
    this.quietSince = context.clock.monotonic()
    this.#cursor = new Cursor(source.cursorPrint)
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
    return this.#madeFeed?.blockedReason ?? this.#context.delivery.topicReason(this.entry.spec.topic)
  }

  get #feed(): Feed {
    this.#madeFeed ??= makeFeed(this.source, this.entry, this.#context)
    return this.#madeFeed
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
    this.#madeFeed = null
    if (source.entry === entry.spec.id && source.topic === entry.spec.topic) return
    source.entry = entry.spec.id
    source.topic = entry.spec.topic
    this.#context.ledger.touched(source)
  }

  /** Lets go of what can be made again, for the time that it is quiet. */
  doze(): void {
    this.#madeFeed = null
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
      this.#context.events.trouble({ path: this.path, reason: trouble.message })
      return 'end'
    }
  }

  async #turn(): Promise<TurnOutcome> {
    const { handles, ledger, buffer, chunkBytes } = this.#context
    const { source } = this
    if (!this.#feed.hasRoom) return 'waits'
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
    return this.#take(position, got, want)
  }

  /** Hands on what was read; the bytes of the cursor stand in front of it. */
  #take(position: number, got: number, want: number): TurnOutcome {
    const { buffer, events, chunkBytes } = this.#context
    const { source } = this
    const feed = this.#feed
    const first = this.#cursor.length
    const hasRoom = feed.append(buffer.bytes, position, first, got, unlimited)
    const taken = feed.end - first
    if (taken > 0) {
      source.read = position + feed.end
      this.#cursor.move(buffer.bytes, feed.end)
      events.linesRead(feed.lineCount, taken)
    }
    if (!hasRoom) return 'waits'
    if (source.read >= source.sendableUntil) return 'more'
    const isWhole = got === want
    // A full read without a whole line: the next one is large enough for the longest.
    this.#wantBytes = isWhole && taken === 0 ? feed.maxUnitBytes + cursorBytes : chunkBytes
    if (!isWhole) this.size = position + got
    return isWhole ? 'more' : 'end'
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
    this.#madeFeed = null
    return 'more'
  }
}
