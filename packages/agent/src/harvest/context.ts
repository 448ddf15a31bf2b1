import type { Clock } from '@logpipe/runtime'
import type { FileStat } from '../discover/identity.ts'
import type { Orphan } from '../discover/kin/orphan.ts'
import type { AgentEvents } from '../events.ts'
import type { Ledger } from '../registry/ledger.ts'
import type { RateLimits } from '../upkeep/rate-limit.ts'
import type { FeedContext } from './feed.ts'
import type { Handles } from './handles.ts'
import type { Harvester } from './harvester.ts'
import type { PackedSlots } from './packed/index.ts'
import type { ReadBuffer } from './read-buffer.ts'

/** What a harvester asks of whoever knows the other files. */
export interface Kinship {
  /**
   * Says what a file is whose content nobody has looked at: calls its `begin`, `hold`, `ignore`, `succeed`, or none where that
   * cannot be told yet. Resolves with whether to go on at once: to read it, or to ask again.
   */
  judge(file: Harvester, fd: number, stat: FileStat): Promise<boolean>
  /** The content of a source is no longer in the file that `by` reads. */
  orphaned(orphan: Orphan, by: Harvester): void
  /** The file no longer holds what it did; returns those that were held as copies of it. */
  forget(file: Harvester): Harvester[]
  /** More is known of how the file begins. */
  headGrew(file: Harvester): void
}

/**
 * `new`: nobody has looked at its content. `held`: it may be a copy of another one. `ignored`: it is not to be collected as it is. `own`: its
 * content is that of its source.
 */
export type Standing = 'new' | 'held' | 'ignored' | 'own'

/** What all harvesters share. */
export interface HarvestContext extends FeedContext {
  readonly kin: Kinship
  readonly ledger: Ledger
  readonly handles: Handles
  readonly limits: RateLimits
  readonly events: AgentEvents
  readonly clock: Clock
  readonly buffer: ReadBuffer
  readonly chunkBytes: number
  readonly slots: PackedSlots
}

/** `more`: another turn has something to do. `end`: nothing more for now. `waits`: for Kafka, the registry or a handle. */
export type TurnOutcome = 'more' | 'end' | 'waits'

/** Why a file is no longer at its path. */
export type LostCause = 'renamed' | 'deleted'
