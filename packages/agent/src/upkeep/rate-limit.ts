import type { CollectEntry } from '@logpipe/config'
import type { Clock } from '@logpipe/runtime'
import { type Quota, unlimited } from '../harvest/quota.ts'
import type { PlanEntry } from '../plan/compile.ts'
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

/** The limits of all entries, and when who waits for one may go on. One owner. */
export class RateLimits {
  readonly #byEntry = new WeakMap<PlanEntry, RateLimit>()
  readonly #clock: Clock
  #dueAt = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What a file of the entry may take now; null where it has to wait, which is noted. */
  quota(entry: PlanEntry): Quota | null {
    const limit = this.#of(entry)
    return limit === null ? unlimited : this.#orNote(limit)
  }

  /** A file of the entry took so much; whether it may go on at once. */
  take(entry: PlanEntry, lines: number, bytes: number): boolean {
    const limit = this.#of(entry)
    if (limit === null) return true
    limit.take(lines, bytes)
    return this.#orNote(limit) !== null
  }

  /** What /files says of a file of the entry that waits. */
  reason(entry: PlanEntry): string | null {
    return this.#of(entry)?.reason ?? null
  }

  /** Everybody is about to be asked anew: those who wait say so again. */
  askAnew(): void {
    this.#dueAt = Infinity
  }

  /** When the first of those who wait may go on; Infinity where nobody waits. */
  get dueAt(): number {
    return this.#dueAt
  }

  #orNote(limit: RateLimit): Quota | null {
    const quota = limit.quota(this.#clock.monotonic())
    if (quota === null) this.#dueAt = Math.min(this.#dueAt, limit.readyAt)
    return quota
  }

  #of(entry: PlanEntry): RateLimit | null {
    const { rateLimit } = entry.spec
    if (rateLimit === undefined) return null
    let limit = this.#byEntry.get(entry)
    if (limit === undefined) {
      limit = new RateLimit(rateLimit, this.#clock.monotonic())
      this.#byEntry.set(entry, limit)
    }
    return limit
  }
}
