import type { LogpipeError } from '@logpipe/runtime'
import { cursorBytes, headBytes } from '../discover/fingerprint.ts'
import { type FileStat, sameFile, statHandle, unreadable } from '../discover/identity.ts'
import type { PlanEntry } from '../plan/compile.ts'
import { firstBytes, matchesHead, replaced } from './content.ts'
import type { TurnOutcome } from './context.ts'
import { type Feed, makeFeed } from './feed.ts'
import { KnownContent } from './known-content.ts'
import { brokenError, givenUpMs, incompleteRemark, kindOf, type PackedKind, type SlotOwner } from './packed/index.ts'
import { type Quota, quotaBytes, unlimited } from './quota.ts'
import { Unfinished } from './unfinished.ts'

/** Unpacked in one turn. */
const packedChunkBytes = 262_144

/**
 * Reader of one file's life: from the first look, over renames and generations, to the end. Content is judged here and nowhere
 * else. One owner calls it, one call at a time.
 */
export class Harvester extends KnownContent implements SlotOwner {
  /** Made when it is first needed: most files are quiet most of the time. */
  #madeFeed: Feed | null = null
  /** What the headers of its records were made for. */
  #feedEpoch = 0
  /** Why it cannot be unpacked to its end, until it changes. */
  #broken: LogpipeError | null = null
  /** It has changed since it began to be unpacked. */
  #isOutdated = false
  /** The last read was full and held no whole line: the next one is large enough for the longest. */
  #isStarved = false
  readonly #unfinished = new Unfinished()
  /** It waits for the rate limit of its entry. */
  #isLimited = false

  protected override sourceChanged(): this {
    this.#madeFeed = null
    return this
  }

  /** Where no path leads to it, its handle is all there is of it; and what is being unpacked is so through one handle. */
  override get isClosable(): boolean {
    return this.isFindable && (this.isAtEnd || !this.context.slots.has(this))
  }

  /** It has to be asked again what it is: not where it is packed, ends in the middle and is long gone, so that no more comes. */
  get isUndecided(): boolean {
    const isGone = this.lost !== null && this.remark === incompleteRemark
    const isOver = isGone && this.context.clock.monotonic() - this.quietSince >= givenUpMs
    return this.standing === 'new' && this.size > 0 && !isOver
  }

  /** Nothing is to be read for now, or its lines cannot go. */
  get isIdle(): boolean {
    return this.isAtEnd || this.blockedReason !== null
  }

  /** Why its lines cannot go, in a sentence; null where nothing speaks against it. */
  get blockedReason(): string | null {
    const { delivery, limits } = this.context
    const reason = this.#madeFeed?.blockedReason ?? delivery.reason(this.entry.route)
    if (reason === null && this.source.isOvertaking) return overtakingReason(this.entry.route.topic)
    return reason ?? (this.#isLimited ? limits.reason(this.entry) : null)
  }

  get #feed(): Feed {
    const { source } = this
    if (this.#feedEpoch !== source.epoch) this.#madeFeed = null
    this.#feedEpoch = source.epoch
    this.#madeFeed ??= makeFeed(source, this.entry, this.context)
    return this.#madeFeed
  }

  /** The entry has changed: what is read from now on goes its way. */
  adopt(entry: PlanEntry): void {
    const { source } = this
    this.entry = entry
    if (this.stopping) {
      source.state = this.lost === null ? 'active' : 'lost'
      // What it was may be written already: a file that is finished is not looked for.
      this.context.ledger.touched(source)
    }
    this.stopping = false
    this.isNowhere = false
    this.#madeFeed = null
    this.paused = true
    if (source.entry === entry.spec.id && source.topic === entry.spec.topic) return
    source.entry = entry.spec.id
    source.topic = entry.spec.topic
    this.context.ledger.touched(source)
  }

  /** Lets go of what can be made again, for the time that it is quiet. */
  doze(): void {
    this.#madeFeed = null
    this.cursor.rest()
  }

  /** Where what waits for more may be taken as it stands, now that nothing came for `quietMs`; −1 where it waits on. */
  cutEnd(quietMs: number, partialMs: number): number {
    // More of a packed file that is being written comes for sure, where it is not gone.
    if (this.remark === incompleteRemark && quietMs < Infinity) return -1
    const end = this.#unfinished.cutEnd(this.size, quietMs, partialMs)
    // The beginning of a character or a delimiter waits for its rest, which of a file that is gone does not come.
    const isLastWord = quietMs === Infinity && end === this.source.read && this.size - end <= cursorBytes
    return isLastWord ? this.size : end
  }

  /** Sends what stands before `end` as it is, once the registry knows where that ended. */
  cut(end: number): void {
    this.source.cut = end
    this.isAtEnd = false
    this.context.ledger.hurry(this.source)
  }

  /** Reads one chunk and frames it. Never rejects: what cannot be read is in `failure`. */
  async turn(): Promise<TurnOutcome> {
    try {
      const outcome = await this.#turn()
      if (this.standing !== 'ignored') this.context.events.troubleOver(this.path)
      this.failure = null
      // Where its path holds another file, nobody has seen its end.
      this.isAtEnd = outcome === 'end' && !this.displaced
      if (outcome === 'end') this.paused = true
      return outcome
    } catch (error) {
      const trouble = unreadable(this.path, error)
      this.failure = trouble.message
      this.paused = true
      this.context.slots.release(this)
      this.context.handles.close(this)
      this.context.events.trouble({ path: this.path, reason: trouble.message })
      return 'end'
    }
  }

  async #turn(): Promise<TurnOutcome> {
    const { handles, limits, slots } = this.context
    const { source, entry } = this
    if (this.standing === 'own' && !this.#feed.hasRoom) return 'waits'
    source.goBy(entry.route)
    if (source.isOvertaking) return 'waits'
    const quota = limits.quota(entry)
    this.#isLimited = quota === null
    if (quota === null) return 'waits'
    // What unpacks a file does so through the handle that it began with.
    if (handles.get(this) === undefined) slots.release(this)
    const fd = handles.acquire(this)
    if (fd === null) return 'waits'
    const stat = statHandle(fd)
    this.displaced = !sameFile(stat, source.identity)
    if (this.displaced) {
      handles.close(this)
      return 'end'
    }
    const before = this.size
    if (this.look(stat)) {
      this.#broken = null
      this.#isOutdated = slots.has(this)
    }
    if (this.#broken !== null) throw this.#broken
    this.seen(stat)
    if (this.standing !== 'own') return this.#judge(fd, stat)
    // Where the feed is made anew, it has still to ask for room.
    if (this.kind === undefined && this.#lookAtKind(fd) && !this.#feed.hasRoom) return 'waits'
    if (this.kind !== null && this.kind !== undefined) {
      this.size = Math.max(before, source.read)
      return this.#unpack(fd, this.kind, stat, quota)
    }
    return this.#readOn(fd, stat, before, quota)
  }

  async #readOn(fd: number, stat: FileStat, before: number, quota: Quota): Promise<TurnOutcome> {
    const { buffer, chunkBytes } = this.context
    const { source } = this
    if (stat.size < source.read) return this.replace(replaced.truncated, stat, Math.max(before, source.read))
    const position = source.read - this.cursor.length
    const wanted = this.#isStarved ? this.#feed.maxUnitBytes + cursorBytes : quotaBytes(quota, chunkBytes)
    // Lines would be read in vain, but the file is looked at all the same: what happens to it meanwhile has to be found.
    const isLookOnly = source.head.length > 0 && !source.canSend(this.#feed.aheadBytes)
    const want = this.cursor.length + (isLookOnly ? 0 : wanted)
    const got = await buffer.fill(fd, position, want)
    if (!this.cursor.matches(buffer.bytes.subarray(0, got), Math.min(got, this.cursor.length))) {
      return this.replace(replaced.cursor, stat, before)
    }
    // To be compared after a pause and as long as more of it is known than was read, or to be known better.
    const isDoubtful = this.paused || this.head.length > source.read
    const isHeadNeeded = isDoubtful || source.head.length < headBytes
    const head = isHeadNeeded ? await firstBytes(fd, buffer.bytes, position, got, this.head.length) : null
    // Whenever it was read: the file may have begun anew between that and the reading of its lines.
    if (head !== null && !matchesHead(this.head, head)) {
      return this.replace(replaced.head, stat, before)
    }
    this.paused = false
    if (head !== null && source.grow(head)) this.context.kin.headGrew(this)
    if (!this.#isPrepared()) {
      // Its beginning is compared again before lines go: the wait may be long.
      this.paused = true
      return 'waits'
    }
    if (isLookOnly) return 'more'
    return this.#take(position, got, want, got === want, quota)
  }

  /** Whether it is packed: then its headers are made anew, since more of it may have been sent. */
  #lookAtKind(fd: number): boolean {
    this.kind = kindOf(fd)
    if (!this.isPacked) return false
    this.source.unpacked()
    this.#madeFeed = null
    return true
  }

  /** A turn with a file that is packed: as with a plain one, but that what it holds comes from whoever unpacks it. */
  async #unpack(fd: number, kind: PackedKind, stat: FileStat, quota: Quota): Promise<TurnOutcome> {
    const { slots, buffer } = this.context
    const { source } = this
    const content = slots.acquire(this, fd, kind)
    if (content === null) return 'waits'
    const { bytes: head } = await content.head()
    if (this.paused && head.length >= this.head.length && !matchesHead(this.head, head)) {
      return this.replace(replaced.head, stat, this.size)
    }
    const { length } = this.cursor
    const position = source.read - length
    const wanted = this.#isStarved ? this.#feed.maxUnitBytes + cursorBytes : quotaBytes(quota, packedChunkBytes)
    const want = length + wanted
    const { got, state, reason } = await content.read(position, buffer.reserve(want), want)
    const isMore = state === 'more'
    if (got < length) {
      if (isMore) return 'more'
      if (state === 'end') return this.replace(replaced.truncated, stat, this.size)
    } else {
      if (!this.cursor.matches(buffer.bytes, length)) return this.replace(replaced.cursor, stat, this.size)
      this.paused = false
      source.grow(head)
      if (!this.#isPrepared()) return 'waits'
      const outcome = this.#take(position, got, want, isMore, quota)
      if (outcome !== 'end') return outcome
    }
    this.remark = state === 'incomplete' ? incompleteRemark : null
    if (state !== 'incomplete') slots.release(this)
    if (state === 'broken' && this.#isOutdated) {
      // What was unpacked so far may have been of what it held before: from the beginning, then.
      this.#isOutdated = false
      this.paused = true
      return 'more'
    }
    if (state === 'broken') throw (this.#broken = brokenError(this.path, reason))
    return 'end'
  }

  /** Whether lines of a file that holds what was read of it may be sent from there on. Where not, whoever writes the registry knows that we wait. */
  #isPrepared(): boolean {
    this.source.moveOn()
    const { ledger, chunkBytes } = this.context
    const { aheadBytes } = this.#feed
    if (this.source.prepare(2 * chunkBytes + aheadBytes)) ledger.hurry(this.source)
    return this.source.canSend(aheadBytes)
  }

  /** Hands on what was read; the bytes of the cursor stand in front of it. */
  #take(position: number, got: number, want: number, isMore: boolean, quota: Quota): TurnOutcome {
    const { buffer, events, limits } = this.context
    const { source } = this
    const feed = this.#feed
    const { epochEnd } = source
    const first = this.cursor.length
    const hasRoom = feed.append(buffer.bytes, position, first, got, quota)
    const taken = feed.end - first
    this.#unfinished.note(feed)
    if (taken > 0) {
      source.read = position + feed.end
      this.cursor.move(buffer.bytes, feed.end)
      events.linesRead(feed.lineCount, taken)
    }
    const mayGoOn = limits.take(this.entry, feed.lineCount, taken)
    this.#isStarved = got === want && taken === 0
    if (!hasRoom || !mayGoOn) return 'waits'
    // Time has passed since the quota was asked for: it may be what ended the read, although by now there is more of it.
    const isCutShort = (quota !== unlimited && taken > 0 && feed.end < got) || source.read >= epochEnd
    if (isMore || isCutShort || !source.canSend(feed.aheadBytes)) {
      // Now, so that the registry is written until its next turn.
      this.#isPrepared()
      return 'more'
    }
    if (this.isPacked) this.size = position + got
    else this.ended(position + got)
    return 'end'
  }

  async #judge(fd: number, stat: FileStat): Promise<TurnOutcome> {
    return (await this.context.kin.judge(this, fd, stat)) ? 'more' : 'end'
  }
}

function overtakingReason(topic: string): string {
  return `Before its entry was changed, lines of it went to topic ${topic} another way; what follows would overtake them and waits until they have arrived.`
}
