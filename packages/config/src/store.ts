/** One key as the store holds it. */
export interface StoreItem {
  key: string
  value: string
  /** Revision of the store at which this value was written. */
  modRevision: number
  /** Id of the lease that it is tied to, as `list` tells it; absent where it stays until someone deletes it. */
  lease?: string
}

/** What happened to a key. */
export type StoreChange =
  | { kind: 'put'; key: string; value: string; modRevision: number }
  | { kind: 'delete'; key: string; modRevision: number }

/** Somebody's claim that must still stand when he writes: the key that he made has not been made anew since. */
export interface Fence {
  key: string
  /** Revision at which the key came into being. */
  createRevision: number
}

export interface DeleteOptions {
  /** Only while the key stands at this mod revision; 0: only while it does not exist. */
  ifRevision?: number
  /** Only while this claim stands. */
  fence?: Fence
  /** Written in the same transaction, whatever stands there: all or nothing, at one mod revision. */
  beside?: readonly { key: string; value: string }[]
}

export interface PutOptions extends DeleteOptions {
  /** Ties the key to a lease (its id, as the store gave it): it goes when the lease ends. */
  lease?: string
}

/** A part of what stands under a prefix. */
export interface ListOptions {
  /** Only keys from this one on, in the order of their bytes. */
  from?: string
  /** At most so many, one or more: the first ones. Where there are fewer, that is all. */
  limit?: number
}

/**
 * PORT: where what to collect is kept, and what agents report. Revisions grow with every write. All calls have a deadline
 * inside and reject with `etcd_unavailable` when the store does not answer.
 */
export interface ConfigStore {
  /** All keys that start with `prefix`, or a part of them, in order of their bytes, as they were at one `revision`. */
  list(prefix: string, options?: ListOptions): Promise<{ revision: number; items: StoreItem[] }>
  /**
   * Calls `onChange` for every change from `fromRevision` on (inclusive) under `prefix`, in order. Resolves when `signal`
   * aborts. Rejects with `etcd_compacted` when that revision is gone (list again and diff), `etcd_unavailable` when the
   * connection is lost (list again, then watch from its revision + 1), `internal` when `onChange` throws. A store that was
   * restored from an older copy may stay silent: list from time to time, and diff.
   */
  watch(
    prefix: string,
    fromRevision: number,
    onChange: (change: StoreChange) => void,
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Writes and resolves with the new mod revision. Rejects with `etcd_conflict` when `ifRevision` or `fence` does not hold, with
   * `etcd_rejected` when the lease has ended or the right is missing.
   */
  put(key: string, value: string, options?: PutOptions): Promise<number>
  /**
   * Removes the key; resolves with whether it was there. Rejects with `etcd_conflict` when `ifRevision` or `fence` does not hold.
   */
  delete(key: string, options?: DeleteOptions): Promise<boolean>
  /** Ends all watches and connections. Further calls reject with `etcd_unavailable`. */
  close(): Promise<void>
}
