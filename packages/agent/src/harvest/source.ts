import { randomBytes } from 'node:crypto'
import { epochText } from '@logpipe/config'
import type { LineOwner } from '../deliver/batch.ts'
import { isSameLane, type Route } from '../deliver/delivery.ts'
import { emptyPrint, type Print, printOf } from '../discover/fingerprint.ts'
import type { FileStat, Identity } from '../discover/identity.ts'
import { type Place, realPathOf } from '../discover/place.ts'
import { type Epochs, epochOf } from '../registry/epochs.ts'
import type { Checkpoint, CheckpointState } from '../registry/registry.ts'
import { Acknowledged } from './acknowledged.ts'
import { KnownToRegistry } from './known-to-registry.ts'
import { RouteHistory } from './route-history.ts'
import type { SourceKeeper } from './source-keeper.ts'

/** How far ahead of reading the registry is told. Coarse, so that the plain way costs one durable write in 16 MiB. */
export const reserveBytes = 16 * 1_048_576

/** Where a source begins, and in which file; default: at its first byte, as its first generation. */
interface NewFile extends Partial<Place> {
  path: string
  identity: Identity
  generation?: number
  start?: number
}

/**
 * One generation of one file as one entry collects it: its id, how far it is acknowledged, and how far the registry knows of it.
 * Changed by its harvester, and by acknowledgements.
 */
export class Source implements LineOwner {
  readonly id: string
  readonly generation: number
  /** Of the file that holds its content: the one it was found in, or a copy of that. */
  identity: Identity
  readonly homePath: string
  /** In which its lines are sent. */
  epochs: Epochs
  /** Lines that begin before this offset may have been sent before the last start. */
  resentUntil: number
  /** The same, where the file that was found may not be the one that was read: nothing of it before that is sent in a new epoch. */
  #sentBefore: number
  /** Its content never went on in another file since the start. */
  #isHome = true
  path: string
  realPath: string | null
  /** What was reserved before the last start. */
  readonly #reservedBefore: number
  entry: string
  topic: string
  state: CheckpointState
  /** Print of the first bytes that were seen. */
  head: Print
  /** Whether the file begins with the mark of big-endian UTF-16; known once its head was looked at. */
  isBigEndian = false
  /** Characters of it that could not be decoded since the start. */
  undecoded = 0
  /** Lines of it that are not in its entry's container format, since the start. */
  unwrapped = 0
  /** Everything before this offset is read: its lines are on their way or have arrived. */
  read: number
  cut: number
  reserved: number
  readonly #known = new KnownToRegistry()
  readonly #keeper: SourceKeeper
  readonly #acknowledged: Acknowledged
  /** By which route lines from `read` on go; null where none went since the start. */
  #route: Route | null = null
  /** Those before it; null where it never changed. */
  #routesLeft: RouteHistory | null = null

  private constructor(checkpoint: Checkpoint, keeper: SourceKeeper, size: number, isStored: boolean) {
    this.id = checkpoint.sourceId
    this.generation = checkpoint.generation
    this.epochs = checkpoint.epochs
    const { dev, ino, birthtimeNs } = checkpoint
    this.identity = { dev, ino, birthtimeNs }
    this.homePath = checkpoint.homePath
    this.#reservedBefore = isStored ? checkpoint.reserved : 0
    // What was appended while nobody looked cannot have been sent.
    this.resentUntil = Math.min(this.#reservedBefore, size)
    this.#sentBefore = this.#reservedBefore
    this.path = checkpoint.path
    this.realPath = checkpoint.realPath
    this.entry = checkpoint.entry
    this.topic = checkpoint.topic
    this.state = checkpoint.state
    this.head = checkpoint.head
    this.read = checkpoint.acked
    this.cut = checkpoint.cut
    this.reserved = checkpoint.reserved
    if (isStored) this.stored(checkpoint)
    this.#keeper = keeper
    this.#acknowledged = new Acknowledged(checkpoint.acked, checkpoint.cursor)
  }

  /** A source of what is in the file from `start` on, with an id of its own. Not in the registry yet. */
  static begin(file: NewFile, entry: { id: string; topic: string }, keeper: SourceKeeper): Source {
    const { path, realPath = null, identity, start = 0 } = file
    const checkpoint: Checkpoint = {
      sourceId: randomBytes(12).toString('base64url'),
      epochs: { current: keeper.epoch, start, before: 0 },
      generation: file.generation ?? 1,
      entry: entry.id,
      topic: entry.topic,
      path,
      homePath: path,
      realPath,
      dev: identity.dev,
      ino: identity.ino,
      birthtimeNs: identity.birthtimeNs,
      head: emptyPrint,
      acked: start,
      cursor: emptyPrint,
      reserved: start + reserveBytes,
      cut: -1,
      state: 'active',
      seenMs: 0,
    }
    return new Source(checkpoint, keeper, 0, false)
  }

  /** The source of a checkpoint, going on at its acked offset. `size`: of the file as it was found. */
  static resume(checkpoint: Checkpoint, size: number, keeper: SourceKeeper): Source {
    return new Source(checkpoint, keeper, size, true)
  }

  /** Its content goes on in another file, a copy: nothing more is sent until the registry knows. */
  moveTo(path: string, { dev, ino, birthtimeNs, size }: FileStat): void {
    this.path = path
    this.realPath = realPathOf(path)
    this.identity = { dev, ino, birthtimeNs }
    this.resentUntil = Math.min(this.#reservedBefore, size)
    this.#sentBefore = this.#reservedBefore
    this.#isHome = false
    this.state = 'active'
  }

  /** In which lines from `read` on are sent, up to `epochEnd`. */
  get epoch(): number {
    return epochOf(this.epochs, this.read)
  }

  /** Lines that begin there or behind it are sent in another epoch. */
  get epochEnd(): number {
    return this.read < this.epochs.start ? this.epochs.start : Infinity
  }

  /** What the ids of the documents of those lines begin with. */
  get idFront(): string {
    return epochText(this.epoch) + this.id
  }

  /**
   * From `read` on the epoch that the time is in, where it is time, and where no line behind `read` can have been sent in another one. Nothing more is sent
   * until the registry knows. Returns whether it moved on. Call it when the file was seen to hold what was read of it.
   */
  moveOn(): boolean {
    // Its file is the one that was read before the start, so that the size it was found with tells.
    if (this.#isHome) this.#sentBefore = Math.min(this.#sentBefore, this.resentUntil)
    const { epoch, epochBytes, isFailing } = this.#keeper
    const { current, start } = this.epochs
    if (
      isFailing ||
      this.hasMoved ||
      epoch === current ||
      this.read - start < epochBytes ||
      this.read < this.#sentBefore
    )
      return false
    // What is sent again after a crash begins where the registry then has it acknowledged: that must tell two epochs apart, not three.
    if (this.#acknowledged.cursorOffset < start) return false
    this.epochs = { current: epoch, start: this.read, before: current }
    return true
  }

  /** Whether the registry has epochs of its that it has left. */
  get hasMoved(): boolean {
    const { epochs } = this.#known
    return epochs !== null && epochs !== this.epochs
  }

  /** The registry could not be written. Nothing was sent in an epoch that it does not have: back to those that it has. */
  notStored(): void {
    this.#known.fail()
    this.epochs = this.#known.epochs ?? this.epochs
  }

  /** Bytes of the id: the key of its records. Made anew each time: most sources need none for most of their time. */
  get key(): Buffer {
    return Buffer.from(this.id)
  }

  /** Its file is packed: how large that is says nothing of what was sent. */
  unpacked(): void {
    this.resentUntil = this.#reservedBefore
    this.#sentBefore = this.#reservedBefore
  }

  /** Everything before this offset is acknowledged. */
  get acked(): number {
    return this.#acknowledged.low
  }

  /** Print of the bytes before the offset at which a resumed source goes on. */
  get cursorPrint(): Print {
    return this.#acknowledged.cursorPrint
  }

  /** From `read` on lines go by this route. */
  goBy(route: Route): void {
    const before = this.#route
    if (route === before) return
    this.#route = route
    if (before === null || isSameLane(before, route) || this.acked === this.read) return
    this.#routesLeft ??= new RouteHistory((start, end) => this.#acknowledged.isDone(start, end))
    this.#routesLeft.left(before, this.read)
  }

  /** Whether lines that go on by that route could overtake some that went to the same topic another way, before a change of the plan. */
  get isOvertaking(): boolean {
    return this.#route !== null && (this.#routesLeft?.isOvertaking(this.#route) ?? false)
  }

  acknowledge(start: number, end: number, tail: Buffer | null): void {
    if (this.#acknowledged.take(start, end, tail)) this.#keeper.touched(this)
  }

  /** Takes note of the file's first bytes, as far as they are there; returns whether more are known than before. */
  grow(head: Buffer): boolean {
    this.isBigEndian = head[0] === 0xfe && head[1] === 0xff
    if (head.length <= this.head.length) return false
    this.head = printOf(head, 0, head.length)
    return true
  }

  /** Reserves where reading is about to go; whether the registry has to be told of anything before lines are sent that it is not being told. */
  prepare(aheadBytes: number): boolean {
    if (this.read + aheadBytes > this.reserved) this.reserved = this.read + aheadBytes + reserveBytes
    return this.#known.lacks(this)
  }

  /** Whether lines that begin at `read`, and up to `aheadBytes` behind it, may be sent: the registry could tell after a crash that they were, and of which content. */
  canSend(aheadBytes: number): boolean {
    return this.#known.has(this) && this.read + aheadBytes < this.sendableUntil
  }

  /** Lines that begin before this offset may be sent. */
  get sendableUntil(): number {
    return this.#known.reserved
  }

  /** The checkpoint is being written, durable: `stored` or `notStored` follows. */
  offered(checkpoint: Checkpoint): void {
    this.#known.offer(checkpoint)
  }

  /** The registry has this checkpoint, durable. */
  stored(checkpoint: Checkpoint): void {
    this.#known.store(checkpoint)
  }

  /** Whether the registry has it as it is, or as it was, nobody knows: it is written before more is sent. */
  notDurable(): void {
    this.#known.doubt()
  }

  /** As the registry is to store it. `stopping`: nothing more is sent. */
  checkpoint(nowMs: number, stopping = false): Checkpoint {
    const { cursorOffset: acked, cursorPrint: cursor } = this.#acknowledged
    // All that was sent is acknowledged then, but for what the process before this one may have sent.
    const isDone = stopping && acked === this.read
    return {
      sourceId: this.id,
      // Whoever goes on with it must find epochs that the registry has for sure.
      epochs: stopping ? (this.#known.epochs ?? this.epochs) : this.epochs,
      generation: this.generation,
      entry: this.entry,
      topic: this.topic,
      path: this.path,
      homePath: this.homePath,
      realPath: this.realPath,
      ...this.identity,
      head: this.head,
      acked,
      cursor,
      reserved: isDone ? Math.max(acked, this.#sentBefore) : this.reserved,
      cut: this.cut,
      state: this.state,
      seenMs: nowMs,
    }
  }
}
