import type { CollectEntry } from '@logpipe/config'
import type { PlanEntry } from '../plan/compile.ts'
import type { Quota } from '../harvest/quota.ts'
import { TokenBucket } from './token-bucket.ts'

/** How fast the files of one entry are read, together. Delays, never drops. One owner. */
export class RateLimit {
  /** What /files says of a file that waits for it. */
  readonly reason: string
  readonly #lines: TokenBucket | null
  readonly #bytes: TokenBucket | null

  constructor({ lines, bytes }: NonNullable<CollectEntry['rateLimit']>, now: number) {
    const rates = [lines !== undefined && `${lines} lines/s`, bytes !== undefined && `${bytes} bytes/s`]
    this.reason = `It is limited to ${rates.filter(Boolean).join(' and ')} by its entry, all files together.`
    this.#lines = lines === undefined ? null : new TokenBucket(lines, now)
    this.#bytes = bytes === undefined ? null : new TokenBucket(bytes, now)
  }

  /** What may be taken now; null where that is nothing yet. */
  quota(now: number): Quota | null {
    const lines = this.#lines?.available(now) ?? Infinity
    const bytes = this.#bytes?.available(now) ?? Infinity
    return lines > 0 && bytes > 0 ? { lines, bytes } : null
  }

  take(lines: number, bytes: number): void {
    this.#lines?.take(lines)
    this.#bytes?.take(bytes)
  }

  /** When there is something to take, by what was known at the last call of `quota`. */
  get readyAt(): number {
    return Math.max(this.#lines?.readyAt ?? -Infinity, this.#bytes?.readyAt ?? -Infinity)
  }
}

/** The limits of all entries, and who waits for one. One owner. */
export class RateLimits {
  readonly #byEntry = new WeakMap<PlanEntry, RateLimit>()
  #dueAt = Infinity

  /** The limit of the entry; null where it has none. */
  of(entry: PlanEntry, now: number): RateLimit | null {
    const { rateLimit } = entry.spec
    if (rateLimit === undefined) return null
    let limit = this.#byEntry.get(entry)
    if (limit === undefined) {
      limit = new RateLimit(rateLimit, now)
      this.#byEntry.set(entry, limit)
    }
    return limit
  }

  /** Everybody is about to be asked anew: those who waited say so again. */
  askedAnew(): void {
    this.#dueAt = Infinity
  }

  /** Somebody waits for this limit. */
  awaited(limit: RateLimit): void {
    this.#dueAt = Math.min(this.#dueAt, limit.readyAt)
  }

  /** When the first of those who wait may go on; Infinity where nobody waits. */
  get dueAt(): number {
    return this.#dueAt
  }
}
