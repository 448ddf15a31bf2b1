import { closeSync, constants, openSync } from 'node:fs'
import type { Clock } from '@logpipe/runtime'
import type { AgentEvents } from '../../events.ts'
import type { Handles } from '../../harvest/handles.ts'
import type { Kinship } from '../../harvest/context.ts'
import type { Harvester } from '../../harvest/harvester.ts'
import { kindBytes, packedKind, type PackedSlots } from '../../harvest/packed/index.ts'
import type { Source } from '../../harvest/source.ts'
import type { PlanEntry } from '../../plan/compile.ts'
import type { Ledger } from '../../registry/ledger.ts'
import type { Files } from '../files.ts'
import { printOf } from '../fingerprint.ts'
import { type FileStat, type Identity, sameFile, statHandle } from '../identity.ts'
import type { Heirs } from '../heirs.ts'
import { pathsOf } from '../place.ts'
import type { Sibling, Siblings } from '../siblings.ts'
import { Copies } from './copies.ts'
import { HeadIndex } from './heads.ts'
import { headOf, isCopyOf, type Orphan, sameBytesBefore } from './orphan.ts'
import { PackedKin } from './packed.ts'
import { holdsStill } from './rested.ts'
import { binaryReason, hasOwnNuls, isBinary, nulRemark } from './text.ts'

export interface KinOptions {
  readonly files: Files
  readonly ledger: Ledger
  readonly handles: Handles
  readonly events: AgentEvents
  readonly clock: Clock
  readonly slots: PackedSlots
  /** How long a possible copy must not have grown to be taken for a file of its own. */
  readonly holdMs: number
  readonly harvest: (source: Source, entry: PlanEntry) => Harvester
  /** This one has something to do. */
  readonly ready: (file: Harvester) => void
}

/** So long a folder that is away is waited for with whose copy may be in it. */
const awayMs = 3_600_000

interface Waiting extends Orphan {
  entry: PlanEntry
  readonly since: number
  /** Copies that end before what was read: all of them was read in the original, and has still to be acknowledged. */
  readonly stale: Set<Harvester>
}

/** Knows which files may be copies of which: holds them until that is clear, and finds the copy when an original was cut. One owner. */
export class Kin implements Kinship {
  readonly #options: KinOptions
  readonly #heads = new HeadIndex<Harvester>()
  readonly #held = new Set<Harvester>()
  /** Whose copy was not found yet. */
  readonly #waiting = new Set<Waiting>()
  readonly #copies: Copies
  readonly #packed: PackedKin

  constructor(options: KinOptions) {
    this.#options = options
    this.#copies = new Copies(options.clock)
    this.#packed = new PackedKin({
      ...options,
      alike: (head, path) => this.#heads.find(head, path),
      waiting: () => this.#waiting,
      succeed: (file, orphan, stat) => {
        for (const waiting of this.#waiting) if (waiting.source === orphan.source) this.#waiting.delete(waiting)
        this.#succeed(file, orphan, stat, true)
      },
    })
  }

  async judge(file: Harvester, fd: number, stat: FileStat): Promise<boolean> {
    if (this.#isStale(file, stat)) return false
    const head = headOf(fd)
    // The first byte of gzip: what follows decides.
    if (head.length === 0 || (head.length < kindBytes && head[0] === 0x1f)) return false
    this.#held.delete(file)
    const kind = packedKind(head)
    if (kind !== null) return this.#packed.judge(file, fd, kind, stat)
    this.#judgePlain(file, fd, stat, head)
    return file.standing === 'own'
  }

  #judgePlain(file: Harvester, fd: number, stat: FileStat, head: Buffer): void {
    const { clock, holdMs } = this.#options
    const { spec } = file.entry
    const isAsked = !hasOwnNuls(spec)
    if (isAsked && isBinary(head)) return file.ignore(binaryReason(spec.encoding))
    const remark = isAsked ? nulRemark(head) : null
    if (file.source.read === 0) {
      if (this.#isTaken(file, fd, stat, head)) return
      const original = this.#originalOf(file, fd, stat, head)
      if (file.standing === 'own') return
      if (original !== null && clock.monotonic() - file.quietSince < holdMs) {
        file.hold(original)
        this.#held.add(file)
        return
      }
    }
    const print = printOf(head, 0, head.length)
    file.begin(print, remark)
    this.#heads.add(file, print)
  }

  orphaned(orphan: Orphan, by: Harvester | null): void {
    const copies = by === null ? [] : this.forget(by)
    if (this.#offer(orphan)) return
    const { read } = orphan.source
    const stale = new Set(copies.filter(({ standing, heldBytes }) => standing === 'held' && heldBytes < read))
    this.#waiting.add({ ...orphan, stale, since: this.#options.clock.monotonic() })
  }

  forget(file: Harvester): Harvester[] {
    this.#heads.remove(file)
    const copies = [...this.#held].filter(({ original }) => original === file)
    for (const copy of copies) copy.original = null
    return copies
  }

  headGrew(file: Harvester): void {
    this.#heads.add(file, file.source.head)
  }

  /** Nobody collects the file any more. */
  removed(file: Harvester): void {
    this.forget(file)
    this.#held.delete(file)
    this.#packed.removed(file)
    this.#options.slots.release(file)
  }

  /** There is a new plan: what is found in copies goes where the entries of it say. */
  adopt(heirs: Heirs): void {
    for (const orphan of this.#waiting) {
      const { source } = orphan
      const entry = heirs.of(source)
      if (entry === undefined || entry === orphan.entry) continue
      orphan.entry = entry
      source.entry = entry.spec.id
      source.topic = entry.spec.topic
      this.#options.ledger.touched(source)
    }
  }

  /** A scan was settled: whose copy may show by now? Who has waited long enough is given up. */
  settle(siblings: Siblings): void {
    this.#copies.refresh()
    const { clock, holdMs, ledger, events } = this.#options
    for (const orphan of this.#waiting) {
      const { source, unreadBytes, since } = orphan
      const isHopeful = clock.monotonic() - since < holdMs
      const isOver = !isHopeful && source.acked >= source.read && !this.#isAway(orphan, siblings)
      // Once more also where it is over: it may be long since anybody looked.
      if ((isHopeful || isOver) && this.#offer(orphan)) this.#waiting.delete(orphan)
      else if (isOver) {
        this.#waiting.delete(orphan)
        for (const file of orphan.stale) this.#skip(file)
        events.bytesUnread('truncated', unreadBytes)
        source.state = 'gone'
        ledger.rested(source)
      }
    }
  }

  /** Whether its folder, and the copy with it, may be back: where it was deleted, that looks the same. */
  #isAway({ source, since }: Waiting, siblings: Siblings): boolean {
    return this.#options.clock.monotonic() - since < awayMs && siblings.isLost(source)
  }

  /** Whether it is still as it was when it was found to be a copy that ends before what was read of its original. */
  #isStale(file: Harvester, { size }: FileStat): boolean {
    for (const { stale } of this.#waiting) {
      if (!stale.has(file)) continue
      if (file.heldBytes === size) return true
      stale.delete(file)
    }
    return false
  }

  /** Whether a new file is the copy that an orphan waits for. */
  #isTaken(file: Harvester, fd: number, stat: FileStat, head: Buffer): boolean {
    for (const orphan of this.#waiting) {
      if (orphan.source.topic !== file.source.topic || !isCopyOf(orphan, fd, stat.size, head)) continue
      this.#waiting.delete(orphan)
      this.#succeed(file, orphan, stat)
      return true
    }
    return false
  }

  /** The file that this one may be a copy of; null where there is none. Whoever turns out to have been cut meanwhile is an orphan then. */
  #originalOf(file: Harvester, fd: number, { size }: FileStat, head: Buffer): Harvester | null {
    for (const other of this.#heads.find(head, file.path)) {
      const { read, topic } = other.source
      if (other === file || topic !== file.source.topic) continue
      if (size >= read && !other.stoodIn(fd)) continue
      // Should the other one be cut: this may be its copy.
      this.#held.add(file)
      const seen = other.inspect()
      if (file.standing === 'own') return null
      this.#held.delete(file)
      if (seen === 'unknown') return other
      if (seen === 'replaced' || size > seen.size || !sameBytesBefore(size, fd, seen.fd)) continue
      return other
    }
    return null
  }

  /** Looks for the copy among files that are held, then among all of the folder; whether there is one. */
  #offer(orphan: Orphan): boolean {
    let best: { file: Harvester; stat: FileStat } | null = null
    for (const file of this.#held) {
      if (file.source.topic !== orphan.source.topic) continue
      const stat = this.#match(orphan, file.path, file.source.identity, file)
      if (stat !== null && (best === null || stat.size > best.stat.size)) best = { file, stat }
    }
    if (best !== null) {
      this.#succeed(best.file, orphan, best.stat)
      return true
    }
    return orphan.source.head.length > 0 && this.#search(orphan)
  }

  #search(orphan: Orphan): boolean {
    const { files, ledger } = this.#options
    const { source } = orphan
    const { topic, read } = source
    for (const sibling of pathsOf(source).flatMap((path) => this.#copies.of(path, read))) {
      const known = files.at(sibling.stat).find(({ source }) => source.topic === topic)
      if (known !== undefined && known.standing !== 'new' && known.standing !== 'held') continue
      const resting = ledger.resting(sibling.stat.ino).filter((one) => one.topic === topic && one.state !== 'gone')
      // What was read to its end once may have been written over since, by the next copy.
      if (resting.some((one) => one.head.length > 0 && holdsStill(sibling, one))) continue
      const stat = this.#match(orphan, sibling.path, sibling.stat, known)
      if (stat === null) continue
      for (const checkpoint of resting) if (sameFile(checkpoint, stat)) ledger.droppedCheckpoint(checkpoint)
      if (known === undefined) this.#follow(orphan, { path: sibling.path, stat })
      else this.#succeed(known, orphan, stat)
      return true
    }
    return false
  }

  /** What a look at the file shows where it holds what was read of the orphan; null where it does not, or cannot be read. */
  #match(orphan: Orphan, path: string, identity: Identity, file?: Harvester): FileStat | null {
    const held = file && this.#options.handles.get(file)
    try {
      const fd = held ?? openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      try {
        const stat = statHandle(fd)
        return sameFile(stat, identity) && isCopyOf(orphan, fd, stat.size, headOf(fd)) ? stat : null
      } finally {
        if (held === undefined) closeSync(fd)
      }
    } catch {
      // It cannot be read: where it is matched, its own turn says so.
      return null
    }
  }

  /** A file that no scan has matched so far goes on with the orphan. */
  #follow(orphan: Orphan, { path, stat }: Sibling): void {
    const { files, harvest, handles } = this.#options
    const file = harvest(orphan.source, orphan.entry)
    file.succeed(orphan, stat, path)
    file.lost = 'renamed'
    orphan.source.state = 'lost'
    files.add(file)
    try {
      // Held open: the next step of a rotation may be to compress and remove it.
      handles.acquire(file)
    } catch {
      // Its turn says so.
    }
    this.#began(file)
  }

  #succeed(file: Harvester, orphan: Orphan, stat: FileStat, isPacked = false): void {
    this.#held.delete(file)
    this.#options.ledger.dropped(file.source)
    file.succeed(orphan, stat)
    this.#began(file, isPacked)
  }

  #began(file: Harvester, isPacked = false): void {
    const { source } = file
    if (!isPacked) this.headGrew(file)
    this.#options.events.copyTaken(file.path, source.homePath, source.read)
    this.#options.ready(file)
  }

  /** All that the copy holds has been read in its original, and is acknowledged. */
  #skip(file: Harvester): void {
    if (!this.#held.delete(file)) return
    file.skipTo(file.heldBytes)
    this.#options.ready(file)
  }
}
