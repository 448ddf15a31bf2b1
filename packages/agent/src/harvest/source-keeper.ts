import type { Source } from './source.ts'

/** What the registry in memory does when a source changes. */
export interface SourceKeeper {
  /** The epoch that the time is in. */
  readonly epoch: number
  /** So much is read in one epoch at least. */
  readonly epochBytes: number
  /** The last write failed; none has succeeded since. */
  readonly isFailing: boolean
  /** Write it with the next flush. */
  touched(source: Source): void
}
