/** Keys may be tied to it: they go when it ends. */
export interface Lease {
  /** As the store gave it; for `PutOptions.lease`. */
  readonly id: string
  /** Time without a renewal after which the store ends it, milliseconds; the store may give more than was asked for. */
  readonly ttlMs: number
  /**
   * Aborts when it may have ended: it was revoked, or could not be renewed in time. By our own monotonic clock and with a margin, so that who
   * stops then has stopped before somebody else may begin. A process that hung sees it late: what must not be done twice needs a fence too.
   */
  readonly lost: AbortSignal
  /** Ends it, and renewing it; its keys go. Never rejects: what cannot be reached ends it by itself, `ttlMs` later. */
  revoke(): Promise<void>
}

/** PORT: time-limited claims on keys. */
export interface Leases {
  /**
   * A new lease that is renewed by itself until it is revoked, lost, or the store is closed. `ttlMs`: at least 1,000. Rejects with
   * `etcd_unavailable` when the store does not answer, `etcd_rejected` where the right is missing.
   */
  lease(ttlMs: number): Promise<Lease>
}

/** Part of the time to live after which the lease counts as lost although the store may keep it for the rest. */
export const lostAfter = 0.8
/** Renewals within the time to live. */
export const renewals = 4
