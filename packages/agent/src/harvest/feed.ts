import type { Delivery } from '../deliver/delivery.ts'
import type { AgentEvents } from '../events.ts'
import type { PlanEntry } from '../plan/compile.ts'
import { EventFeed } from './events/event-feed.ts'
import type { Origin } from './headers.ts'
import { LineFeed } from './line-feed.ts'
import type { Quota } from './quota.ts'
import type { Source } from './source.ts'

/** What feeds tell. */
export type FeedEvents = Pick<AgentEvents, 'linesTreated' | 'undecodable' | 'notOfFormat'>

/** What all feeds share. */
export interface FeedContext {
  readonly delivery: Delivery
  readonly origin: Origin
  readonly batchBytes: number
  readonly events: FeedEvents
  /** What is put behind a topic's name to make that of its dead letters. */
  readonly deadLetterSuffix: string
}

/**
 * Turns the bytes of one source into records in the batches of its lane. Owned by the source's harvester; only one feed of the
 * process works at a time, so scratch memory may be shared by all.
 *
 * It keeps nothing between two calls: what `append` did not take comes again, from its first byte on. What it takes depends on the
 * bytes from there on and on the source's cut alone, never on how they were read: so a second reading makes the same records.
 */
export interface Feed {
  /** Set by `append`: position in the buffer behind what was taken. */
  readonly end: number
  /** Set by `append`: records it made. */
  readonly lineCount: number
  /** Most bytes that one unit (a line, an event) can have: so many must be there for one to be taken for sure. */
  readonly maxUnitBytes: number
  /** How far behind the first byte of a unit its last record may begin. */
  readonly aheadBytes: number
  /** Time without growth after which whole lines that wait for more are taken as they stand. */
  readonly waitMs: number
  /** Set by `append`: offset in the file of the end of whole lines that wait for more; −1 where there are none. */
  readonly wholeEnd: number
  /** Set by `append`: offset at which an unfinished line behind them could be cut; −1: at the end of what is there. */
  readonly partialEnd: number
  /** Whether something can be taken now: the topic is known, and its lane has room. */
  readonly hasRoom: boolean
  /** Why records cannot go, in a sentence; null where nothing speaks against it. */
  readonly blockedReason: string | null
  /**
   * Takes what is whole in `bytes[first, limit)`; `bytes[0]` stands at `position` in the file, and the bytes before `first` are
   * what stands before it. Tells the source what became of every byte taken. Takes no more than `quota` allows. Call it while
   * there is room. Returns false where room ran out before the bytes did.
   */
  append(bytes: Buffer, position: number, first: number, limit: number, quota: Quota): boolean
}

/** The feed that an entry asks for: the plain one unless something is to be done with its lines. */
export function makeFeed(source: Source, entry: PlanEntry, context: FeedContext): Feed {
  const { text } = entry
  return text === null ? new LineFeed(source, entry, context) : new EventFeed(source, entry, text, context)
}
