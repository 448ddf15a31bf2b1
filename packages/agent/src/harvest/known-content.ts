import { cursorBytes, emptyPrint } from '../discover/fingerprint.ts'
import { type FileStat, type Identity, sameFile, statHandle } from '../discover/identity.ts'
import { hasCursor, type Orphan } from '../discover/kin/orphan.ts'
import type { PlanEntry } from '../plan/compile.ts'
import { replaced, whyReplaced } from './content.ts'
import type { HarvestContext, Standing, TurnOutcome } from './context.ts'
import { Cursor } from './cursor.ts'
import type { Harvester } from './harvester.ts'
import { MatchedFile } from './matched-file.ts'
import type { PackedKind } from './packed/index.ts'
import { peek } from './peek.ts'
import { Source } from './source.ts'

/** A file of which is known what was read of it: tells whether it still holds that, and whose content it is where that changes. */
export abstract class KnownContent extends MatchedFile {
  protected readonly context: HarvestContext
  /** The bytes before the offset to which it was read. */
  protected cursor: Cursor
  /** Reading paused: before it goes on, the head is compared too. */
  protected paused = true
  /** How it is packed; null: it is plain; undefined: nobody has looked. */
  protected kind: PackedKind | null | undefined

  constructor(source: Source, entry: PlanEntry, context: HarvestContext) {
    super(source, entry, context)
    this.context = context
    this.cursor = new Cursor(source.cursorPrint)
  }

  override get isPacked(): boolean {
    return this.kind !== undefined && this.kind !== null
  }

  /** It holds a copy of what the orphan's file held: the rest of that is read here, under the orphan's id and offsets. */
  succeed(orphan: Orphan, stat: FileStat, path = this.path): void {
    orphan.source.moveTo(path, stat)
    // It may be another one, of the same topic: that is asked from now on whether the file is wanted.
    orphan.source.entry = this.entry.spec.id
    this.#read(orphan.source, orphan.cursor)
    this.context.ledger.hurry(orphan.source)
  }

  /** What it holds before `start` was read in another file. */
  skipTo(start: number): void {
    const { ledger } = this.context
    const before = this.source
    const { identity, path, realPath, generation, entry, topic } = before
    ledger.dropped(before)
    this.#read(
      Source.begin({ path, realPath, identity, generation, start }, { id: entry, topic }, ledger),
      new Cursor(emptyPrint),
    )
    ledger.began(this.source)
  }

  /** Whether the file behind `fd` holds what was read here last, at the same place. */
  stoodIn(fd: number): boolean {
    return hasCursor(fd, this.cursor, this.source.read)
  }

  /** Looks whether the file still holds what was read of it; where it does not, it begins anew, as in a turn. */
  inspect(): { fd: number; size: number } | 'replaced' | 'unknown' {
    const { source } = this
    try {
      const fd = this.context.handles.acquire(this)
      if (fd === null) return 'unknown'
      const stat = statHandle(fd)
      if (!sameFile(stat, source.identity)) {
        // Its path leads to another file by now. That one's handle would tell that nothing is left to read.
        this.context.handles.close(this)
        return 'unknown'
      }
      const why = whyReplaced(fd, stat.size, source.read, this.head, this.cursor)
      if (why === null) return { fd, size: stat.size }
      this.replace(why, stat, Math.max(this.size, source.read))
      return 'replaced'
    } catch {
      // Its own turn says so.
      return 'unknown'
    }
  }

  /** It is at no path any more, and nobody holds it open. Where it was truncated before, what it held may be in a copy. */
  vanished(): void {
    const { source, size } = this
    if (this.standing === 'own' && this.wasCut)
      this.replace(replaced.truncated, source.identity, Math.max(size, source.read))
  }

  /** The bytes before the offset to which it was read. */
  mark(): Cursor {
    return this.cursor
  }

  /** How large it is, and its last ≤ 256 bytes; null where it cannot be read, or has begun anew. */
  tail(): { size: number; bytes: Buffer } | null {
    const seen = this.inspect()
    if (typeof seen === 'string') return null
    const bytes = Buffer.allocUnsafe(Math.min(cursorBytes, seen.size))
    const got = peek(seen.fd, bytes, seen.size - bytes.length, bytes.length)
    return got === bytes.length ? { size: seen.size, bytes } : null
  }

  /** What it holds is not what it did: another source is read from now on. Returns itself. */
  protected abstract sourceChanged(): Harvester

  /** From now on it is this source that is read. */
  #read(source: Source, cursor: Cursor, standing: Standing = 'own'): void {
    this.source = source
    // Also of what began anew: where its name is matched no more, that is how the next start knows that it is looked for all the same.
    source.state = this.lost === null ? 'active' : 'lost'
    this.cursor = cursor
    this.paused = true
    this.sourceChanged()
    this.kind = undefined
    this.isAtEnd = false
    this.stand(standing, null)
  }

  /** The content is not that of this source: it begins anew, under an id that no line has had. The rest of the old one may be in a copy. */
  protected replace(why: string, identity: Identity, knownSize: number): TurnOutcome {
    const { ledger, events, kin } = this.context
    const { source, entry } = this
    if (source.head.length === 0 && source.read === 0) {
      // Nothing of it was sent.
      kin.forget(this.sourceChanged())
      this.stand('new', null)
      return 'more'
    }
    const cursor = this.cursor
    const unreadBytes = Math.max(0, knownSize - source.read)
    events.fileReplaced(this.path, why, unreadBytes)
    const { id, topic } = entry.spec
    const file = { path: this.path, realPath: source.realPath, identity, generation: source.generation + 1 }
    this.#read(Source.begin(file, { id, topic }, ledger), new Cursor(emptyPrint), 'new')
    ledger.began(this.source)
    kin.orphaned({ source, cursor, entry, unreadBytes }, this.sourceChanged())
    return 'more'
  }
}
