export interface FoundId {
  id: string
  /** The index that holds it: a backing index, or one of the dated ones. */
  index: string
}

/** PORT: finds and removes documents by id in all indices of their targets. A target is what an item names as `_index`. */
export interface Lookup {
  /**
   * The indices in which documents of each target may stand, oldest first; none where it does not exist yet. Rejects as a
   * sink's write does.
   */
  indices(targets: Iterable<string>, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>>
  /**
   * Where `ids` stand in the indices of all these targets. Seen is all that was answered before the call, and all that was sent
   * before `since` (`performance.now`), whoever sent it and however long it takes the server.
   */
  find(targets: Iterable<string>, ids: readonly string[], since: number, signal: AbortSignal): Promise<FoundId[]>
  /** Removes these documents; one that is gone already is no fault. Rejects with a sentence where some could not be removed. */
  remove(documents: readonly FoundId[], signal: AbortSignal): Promise<void>
}
