/**
 * What an unpacker came to: unpacked bytes; `paused`: the budget of packed bytes is used up; `end`: the file is whole and ends here (for
 * now); `incomplete`: it ends in the middle; `broken`: it cannot be read on.
 */
export type Unpacked = Buffer | 'paused' | 'end' | 'incomplete' | 'broken'

/** Unpacks a file from its beginning to its end. One owner, one call at a time. */
export interface Unpacker {
  /** Why it is broken, in a few words. */
  readonly reason: string
  /** The next bytes or why there are none. After `paused`, `end` and `incomplete` it may be asked again. Rejects with the system's error. */
  next(): Promise<Unpacked>
  /** Frees what it holds; a call under way ends soon. */
  close(): void
}
