import type { Bulk } from './bulk.ts'

/** An item that the other side will refuse again however often it is sent. */
export interface Rejection {
  /** Index of the item in the bulk. */
  item: number
  /** The other side's name for the error, e.g. `document_parsing_exception`. */
  type: string
  /** Its reason, in its own words. */
  reason: string
  /** Set where the item never came as far as the sink. */
  stage?: 'pipeline'
}

/** The fate of every item of a bulk. Items that neither `retry` nor `rejected` names are accepted; both are ascending. */
export interface Outcome {
  /** How many items are accepted. */
  accepted: number
  /** How many of those were there already: an earlier try had reached the sink. */
  existing: number
  /** Items to send again: the fault is not theirs. */
  retry: readonly number[]
  /** Why, in the words of the first of them; null when `retry` is empty. */
  retryReason: string | null
  rejected: readonly Rejection[]
  /** Those of `retry` whose answer may be about the item as well as about the server, ascending; absent where there are none. */
  doubtful?: readonly Rejection[]
  /** Whether items were turned away since the server has too much to do: it should get fewer requests at once. */
  isOverloaded?: boolean
}

/** PORT: where documents go. */
export interface Sink {
  /**
   * Sends the bulk once and resolves with the fate of every item. A rejection means that nothing is known of any item:
   * send all of it again. The bulk must stay untouched until then. Safe to call several times at once.
   */
  write(bulk: Bulk, signal: AbortSignal): Promise<Outcome>
  close(): Promise<void>
}

/** The outcome of a bulk whose items are all accepted, and new. */
export function allAccepted(count: number): Outcome {
  return { accepted: count, existing: 0, retry: [], retryReason: null, rejected: [] }
}
