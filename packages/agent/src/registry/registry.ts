import type { Identity } from '../discover/identity.ts'
import type { Print } from '../discover/fingerprint.ts'
import type { Epochs } from './epochs.ts'

/**
 * `active`: matched when last seen. `lost`: gone from its path, not at its end. `finished`: lost, and all of it acknowledged. `gone`: its content
 * is no longer in its file, or the file no longer there; kept to be known should it come back packed.
 */
export const checkpointStates = ['active', 'lost', 'finished', 'gone'] as const
export type CheckpointState = (typeof checkpointStates)[number]

/** A source as the registry stores it: who the file is, and how far it is acknowledged. */
export interface Checkpoint extends Identity {
  readonly sourceId: string
  /** Those of lines from `acked` on. */
  readonly epochs: Epochs
  /** Counts the lives of the file's content, from 1. */
  readonly generation: number
  /** Id of the entry that collects it. */
  readonly entry: string
  readonly topic: string
  /** Where the file was seen last. */
  readonly path: string
  /** Where it was seen first: the path that its lines carry. */
  readonly homePath: string
  /** Where it stood behind the symbolic links of the path that it was matched at; null where that led through none. */
  readonly realPath: string | null
  /** Print of the first bytes. */
  readonly head: Print
  /** Everything before this offset is acknowledged. */
  readonly acked: number
  /** Print of the bytes right before `acked`. */
  readonly cursor: Print
  /** Lines that begin before this offset may have been sent. */
  readonly reserved: number
  /** Where an unfinished line was sent as it stood; −1: nowhere. */
  readonly cut: number
  readonly state: CheckpointState
  /** When the file was last seen, milliseconds since 1970. */
  readonly seenMs: number
}

/** Whether nothing of its file is still to be read, as far as is known. */
export function isOver({ state }: Checkpoint): boolean {
  return state === 'finished' || state === 'gone'
}

/** What changes together: all of it is stored, or nothing. */
export interface RegistryChange {
  readonly put: readonly Checkpoint[]
  /** Source ids to forget. */
  readonly remove: readonly string[]
  /** Ids of entries that have had their first scan. */
  readonly startedEntries?: readonly string[]
  /** The last good entries of the fleet's store, as JSON. */
  readonly plan?: string
  /** Damage to what was written last must not take this back: lines would be sent again under ids that they did not have. */
  readonly isLasting?: boolean
}

export interface RegistryContent {
  readonly checkpoints: Checkpoint[]
  readonly startedEntries: ReadonlySet<string>
  readonly plan: string | null
  /** `fresh`: there was none. `kept`: whole. `rebuilt`: what was there could not be used, or not all of it. */
  readonly origin: 'fresh' | 'kept' | 'rebuilt'
  /** When it was last found `rebuilt`, by this process or one before, milliseconds since 1970; null: never. */
  readonly rebuiltMs: number | null
}

/** PORT: where checkpoints outlive the process. One owner; calls one after the other. */
export interface Registry {
  /** Everything that is stored; durable from then on, also what a process that was killed had not made so. */
  load(): Promise<RegistryContent>
  /**
   * Stores the change. `durable`: resolves only when it would survive a power cut; otherwise it survives the end of the process.
   * Rejects with `disk_full` or `registry_broken`; then nothing of the change is stored, and trying again later is right. With `registry_unsure`, too,
   * but then the change may be stored, durable or not, until another one with the same sources is.
   */
  save(change: RegistryChange, options: { durable: boolean }): Promise<void>
  /** Lets go of it. Further calls reject. */
  close(): Promise<void>
}
