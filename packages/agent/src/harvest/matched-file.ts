import type { Clock } from '@logpipe/runtime'
import { emptyPrint, type Print } from '../discover/fingerprint.ts'
import type { FileStat } from '../discover/identity.ts'
import type { AgentEvents } from '../events.ts'
import type { PlanEntry } from '../plan/compile.ts'
import type { LostCause, Standing } from './context.ts'
import type { HandleOwner } from './handles.ts'
import type { Source } from './source.ts'

/** What is known of a file that an entry matches, apart from what it holds: where it is, how large it was, and whether it is clear what it is. */
export abstract class MatchedFile implements HandleOwner {
  source: Source
  entry: PlanEntry
  /** How large it was when it had its last turn; of a packed file, how far it was unpacked. */
  size = -1
  /** Monotonic time since which nothing was appended. */
  quietSince: number
  lost: LostCause | null = null
  /** Whether `path` leads to it, also where it is lost. */
  isFindable = true
  /** Set where no entry asks for the file any more: it is read no further. */
  stopping = false
  /** Set where it is at no path that we know, and nobody holds it open. */
  isNowhere = false
  standing: Standing
  /** Why it is held or ignored, or what is odd about it, in a sentence. */
  remark: string | null = null
  /** Where it is held: the file that it may be a copy of. */
  original: MatchedFile | null = null
  /** And how large it was then. */
  heldBytes = 0
  /** Why it cannot be read, in a sentence. */
  failure: string | null = null
  /** Set where its path holds another file, seen while opening. */
  displaced = false
  /** Whether the last turn came to its end, and nothing new was seen since. */
  isAtEnd = false
  readonly #clock: Clock
  readonly #events: AgentEvents
  #mtimeNs = -1n
  #seenBytes = -1
  /** How large a scan has found it since its last turn: it may wait for one as long as Kafka is away, or it cannot be opened. −1: not since. */
  #foundBytes = -1
  #judgedHead = emptyPrint

  constructor(source: Source, entry: PlanEntry, { clock, events }: { clock: Clock; events: AgentEvents }) {
    this.#clock = clock
    this.#events = events
    this.source = source
    this.entry = entry
    this.quietSince = clock.monotonic()
    // Nothing is ever sent before the beginning of the file is known.
    this.standing = source.head.length === 0 ? 'new' : 'own'
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

  /** Only where all that was read is acknowledged: a checkpoint has one cut, and must not forget one that lines in flight depend on. */
  mayBeCut(end: number): boolean {
    const { read, cut } = this.source
    if (!this.isAtEnd || !this.isSettled || end <= read || this.standing !== 'own') return false
    // One from before a crash is still ahead: what was sent up to there may be in Kafka.
    return cut <= read
  }

  /** How it is packed decides what its size means. */
  abstract get isPacked(): boolean

  /** How large it is, as far as anybody has seen; −1 where nobody has. */
  get knownSize(): number {
    return this.isPacked ? this.size : Math.max(this.size, this.#foundBytes)
  }

  /** Whether a scan has found it shorter than what was read of it, and it has had no turn since: it was truncated. */
  protected get wasCut(): boolean {
    return !this.isPacked && this.#foundBytes >= 0 && this.#foundBytes < this.source.read
  }

  /** Takes what a look at the file says; returns whether it may have something to read, or to compare. */
  look(stat: FileStat): boolean {
    this.#foundBytes = stat.size
    if (stat.size === this.#seenBytes && stat.mtimeNs === this.#mtimeNs) return false
    this.quietSince = this.#clock.monotonic()
    this.isAtEnd = false
    return true
  }

  /** It is a file of its own, and begins like this. */
  begin(head: Print, remark: string | null): void {
    this.stand('own', remark)
    this.#judgedHead = head
  }

  /** How the file begins, as far as it was seen. What its source knows of that is for what is sent; this is known before. */
  protected get head(): Print {
    return this.source.head.length > 0 ? this.source.head : this.#judgedHead
  }

  /** It may be a copy of `original`. */
  hold(original: MatchedFile): void {
    this.stand('held', `It may be a copy of ${original.path}; it waits until that is clear.`)
    this.original = original
    this.heldBytes = this.size
  }

  /** It is looked at again when it changes. */
  ignore(reason: string): void {
    this.stand('ignored', reason)
    this.#events.trouble({ path: this.path, reason: `${this.path} is ignored: ${reason}` })
  }

  /** Notes what a turn saw. */
  protected seen({ size, mtimeNs }: FileStat): void {
    this.ended(size)
    this.#mtimeNs = mtimeNs
  }

  /** A read came to the end of the file, as large as that is by now. */
  protected ended(size: number): void {
    this.size = size
    this.#seenBytes = size
    this.#foundBytes = -1
  }

  protected stand(standing: Standing, remark: string | null): void {
    this.standing = standing
    this.#judgedHead = emptyPrint
    this.remark = remark
    this.original = null
  }
}
