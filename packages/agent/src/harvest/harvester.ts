import { cursorBytes, emptyPrint, headBytes } from '../discover/fingerprint.ts'
import { type FileStat, sameFile, statHandle, unreadable } from '../discover/identity.ts'
import { hasCursor, type Orphan } from '../discover/kin/orphan.ts'
import type { PlanEntry } from '../plan/compile.ts'
import { firstBytes, matchesHead, replaced, whyReplaced } from './content.ts'
import type { HarvestContext, Standing, TurnOutcome } from './context.ts'
import { Cursor } from './cursor.ts'
import { type Feed, makeFeed } from './feed.ts'
import { MatchedFile } from './matched-file.ts'
import { type Quota, quotaBytes } from './quota.ts'
import { Source } from './source.ts'
import { Unfinished } from './unfinished.ts'

/**
 * Reader of one file's life: from the first look, over renames and generations, to the end. Content is judged here and nowhere
 * else. One owner calls it, one call at a time.
 */
export class Harvester extends MatchedFile {
  readonly #context: HarvestContext
  #cursor: Cursor
  /** Reading paused: before it goes on, the head is compared too. */
  #paused = true
  /** Made when it is first needed: most files are quiet most of the time. */
  #madeFeed: Feed | null = null
  /** The last read was full and held no whole line: the next one is large enough for the longest. */
  #isStarved = false
  readonly #unfinished = new Unfinished()
  /** It waits for the rate limit of its entry. */
  #isLimited = false

  constructor(source: Source, entry: PlanEntry, context: HarvestContext) {
    super(source, entry, context)
    this.#context = context
    this.#cursor = new Cursor(source.cursorPrint)
  }

  /** Why its lines cannot go, in a sentence; null where nothing speaks against it. */
  get blockedReason(): string | null {
    const { delivery, limits } = this.#context
    const reason = this.#madeFeed?.blockedReason ?? delivery.reason(this.entry.route)
    return reason ?? (this.#isLimited ? limits.reason(this.entry) : null)
  }

  get #feed(): Feed {
    this.#madeFeed ??= makeFeed(this.source, this.entry, this.#context)
    return this.#madeFeed
  }

  /** It holds a copy of what the orphan's file held: the rest of that is read here, under the orphan's id and offsets. */
  succeed(orphan: Orphan, stat: FileStat, path = this.path): void {
    orphan.source.moveTo(path, stat)
    this.#read(orphan.source, orphan.cursor)
    this.#context.ledger.hurry(orphan.source)
  }

  /** What it holds before `start` was read in another file. */
  skipTo(start: number): void {
    const { ledger } = this.#context
    const before = this.source
    const { identity, path, generation, entry, topic } = before
    ledger.dropped(before)
    this.#read(
      Source.begin({ path, identity, generation, start }, { id: entry, topic }, ledger),
      new Cursor(emptyPrint),
    )
    ledger.began(this.source)
  }

  /** Whether the file behind `fd` holds what was read here last, at the same place. */
  stoodIn(fd: number): boolean {
    return hasCursor(fd, this.#cursor, this.source.read)
  }

  /** Looks whether the file still holds what was read of it; where it does not, it begins anew, as in a turn. */
  inspect(): { fd: number; size: number } | 'replaced' | 'unknown' {
    const { source } = this
    try {
      const fd = this.#context.handles.acquire(this)
      if (fd === null) return 'unknown'
      const stat = statHandle(fd)
      if (!sameFile(stat, source.identity)) return 'unknown'
      const why = whyReplaced(fd, stat.size, source.read, this.head, this.#cursor)
      if (why === null) return { fd, size: stat.size }
      this.#replace(why, stat, Math.max(this.size, source.read))
      return 'replaced'
    } catch {
      // Its own turn says so.
      return 'unknown'
    }
  }

  /** The entry has changed: what is read from now on goes its way. */
  adopt(entry: PlanEntry): void {
    const { source } = this
    this.entry = entry
    this.stopping = false
    this.#madeFeed = null
    this.#paused = true
    if (source.entry === entry.spec.id && source.topic === entry.spec.topic) return
    source.entry = entry.spec.id
    source.topic = entry.spec.topic
    this.#context.ledger.touched(source)
  }

  /** Lets go of what can be made again, for the time that it is quiet. */
  doze(): void {
    this.#madeFeed = null
    this.#cursor.rest()
  }

  /** Where what waits for more may be taken as it stands, now that nothing came for `quietMs`; −1 where it waits on. */
  cutEnd(quietMs: number, partialMs: number): number {
    return this.#unfinished.cutEnd(this.size, quietMs, partialMs)
  }

  /** Sends what stands before `end` as it is, once the registry knows where that ended. */
  cut(end: number): void {
    this.source.cut = end
    this.isAtEnd = false
    this.#context.ledger.hurry(this.source)
  }

  /** Reads one chunk and frames it. Never rejects: what cannot be read is in `failure`. */
  async turn(): Promise<TurnOutcome> {
    try {
      const outcome = await this.#turn()
      if (this.standing !== 'ignored') this.#context.events.troubleOver(this.path)
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
    const { handles, ledger, buffer, chunkBytes, limits } = this.#context
    const { source, entry } = this
    if (this.standing === 'own' && !this.#feed.hasRoom) return 'waits'
    const quota = limits.quota(entry)
    this.#isLimited = quota === null
    if (quota === null) return 'waits'
    const fd = handles.acquire(this)
    if (fd === null) return 'waits'
    const stat = statHandle(fd)
    if (!sameFile(stat, source.identity)) {
      handles.close(this)
      this.displaced = true
      return 'end'
    }
    const before = this.size
    this.seen(stat)
    if (this.standing !== 'own') return this.#judge(fd, stat)
    if (stat.size < source.read) return this.#replace(replaced.truncated, stat, Math.max(before, source.read))
    const position = source.read - this.#cursor.length
    const wanted = this.#isStarved ? this.#feed.maxUnitBytes + cursorBytes : quotaBytes(quota, chunkBytes)
    const want = this.#cursor.length + wanted
    const got = await buffer.fill(fd, position, want)
    if (!this.#cursor.matches(buffer.bytes.subarray(0, got), Math.min(got, this.#cursor.length))) {
      return this.#replace(replaced.cursor, stat, before)
    }
    // To be compared after a pause, or to be known better.
    const isHeadNeeded = this.#paused || source.head.length < headBytes
    const head = isHeadNeeded ? await firstBytes(fd, buffer.bytes, position, got, source.head.length) : null
    if (this.#paused && head !== null && !matchesHead(this.head, head)) {
      return this.#replace(replaced.head, stat, before)
    }
    this.#paused = false
    if (head !== null && source.grow(head)) this.#context.kin.headGrew(this)
    const { aheadBytes } = this.#feed
    if (source.prepare(2 * chunkBytes + aheadBytes)) ledger.hurry(source)
    if (!source.canSend(aheadBytes)) return 'waits'
    return this.#take(position, got, want, quota)
  }

  /** Hands on what was read; the bytes of the cursor stand in front of it. */
  #take(position: number, got: number, want: number, quota: Quota): TurnOutcome {
    const { buffer, events, limits } = this.#context
    const { source } = this
    const feed = this.#feed
    const first = this.#cursor.length
    const hasRoom = feed.append(buffer.bytes, position, first, got, quota)
    const taken = feed.end - first
    this.#unfinished.note(feed)
    if (taken > 0) {
      source.read = position + feed.end
      this.#cursor.move(buffer.bytes, feed.end)
      events.linesRead(feed.lineCount, taken)
    }
    const mayGoOn = limits.take(this.entry, feed.lineCount, taken)
    const isWhole = got === want
    this.#isStarved = isWhole && taken === 0
    if (!hasRoom || !mayGoOn) return 'waits'
    if (!source.canSend(feed.aheadBytes)) return 'more'
    if (!isWhole) this.size = position + got
    return isWhole ? 'more' : 'end'
  }

  #judge(fd: number, stat: FileStat): TurnOutcome {
    this.#context.kin.judge(this, fd, stat)
    return this.standing === 'own' ? 'more' : 'end'
  }

  /** From now on it is this source that is read. */
  #read(source: Source, cursor: Cursor, standing: Standing = 'own'): void {
    this.source = source
    this.#cursor = cursor
    this.#paused = true
    this.#madeFeed = null
    this.isAtEnd = false
    this.stand(standing, null)
  }

  /** The content is not that of this source: it begins anew, under an id that no line has had. The rest of the old one may be in a copy. */
  #replace(why: string, stat: FileStat, knownSize: number): TurnOutcome {
    const { ledger, events, kin } = this.#context
    const { source, entry } = this
    if (source.head.length === 0) {
      // Nothing of it was sent.
      kin.forget(this)
      this.stand('new', null)
      return 'more'
    }
    const cursor = this.#cursor
    const unreadBytes = Math.max(0, knownSize - source.read)
    events.fileReplaced(this.path, why, unreadBytes)
    const { id, topic } = entry.spec
    const file = { path: this.path, identity: stat, generation: source.generation + 1 }
    this.#read(Source.begin(file, { id, topic }, ledger), new Cursor(emptyPrint), 'new')
    ledger.began(this.source)
    kin.orphaned({ source, cursor, entry, unreadBytes }, this)
    return 'more'
  }
}
