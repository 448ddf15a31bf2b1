import { abortedError } from '@logpipe/runtime'

interface Waiter {
  share: BudgetShare
  bytes: number
  admit: () => void
}

/**
 * A bound on bytes over all partitions in which none can starve the others. Half of it is common: who comes first has it.
 * The other half is divided, a part for each share: while a share uses less than its part, it is admitted even when the
 * common half is used up. So what hangs in one partition (its index is blocked, say) never stops another.
 *
 *   0 ───────── common ───────── max/2 ── part │ part │ part ── max
 */
export class ByteBudget {
  readonly maxBytes: number
  #usedBytes = 0
  readonly #shares = new Set<BudgetShare>()
  #waiting: Waiter[] = []

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A share for one partition. Close it when the partition is gone. */
  open(): BudgetShare {
    const share = new BudgetShare({
      allowance: () => this.#allowance(share),
      wait: (bytes, signal) => this.#wait(share, bytes, signal),
      change: (bytes) => this.#change(bytes),
      close: () => this.#shares.delete(share),
    })
    this.#shares.add(share)
    return share
  }

  /** Bytes that this share may take now; it may take more in one go, which the next one pays for. */
  #allowance(share: BudgetShare): number {
    const half = this.maxBytes / 2
    const common = half - this.#usedBytes
    const own = Math.min(half / this.#shares.size - share.usedBytes, this.maxBytes - this.#usedBytes)
    return Math.max(common, own, 0)
  }

  #change(bytes: number): void {
    this.#usedBytes += bytes
    if (bytes < 0 && this.#waiting.length > 0) this.#wake()
  }

  #wake(): void {
    // Those who wait longest are looked at first; who is still not admitted does not stand in the way of the others.
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of waiting) {
      if (waiter.share.allowance > 0) {
        waiter.share.take(waiter.bytes)
        waiter.admit()
      } else {
        this.#waiting.push(waiter)
      }
    }
  }

  #wait(share: BudgetShare, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter)
        reject(abortedError(signal))
      }
      const waiter: Waiter = {
        share,
        bytes,
        admit: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}

interface ShareOwner {
  allowance(): number
  wait(bytes: number, signal: AbortSignal): Promise<void>
  change(bytes: number): void
  close(): void
}

/** What one partition uses of a budget. */
export class BudgetShare {
  #usedBytes = 0
  #closed = false
  readonly #owner: ShareOwner

  constructor(owner: ShareOwner) {
    this.#owner = owner
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Bytes that this partition may take now; 0: it has to wait. */
  get allowance(): number {
    return this.#owner.allowance()
  }

  /** Takes `bytes` as soon as this partition may take more. Rejects with `aborted` when `signal` aborts first. */
  async admit(bytes: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedError(signal)
    if (this.allowance > 0) this.take(bytes)
    else await this.#owner.wait(bytes, signal)
  }

  /** Takes `bytes` without asking. */
  take(bytes: number): void {
    if (this.#closed) return
    this.#usedBytes += bytes
    this.#owner.change(bytes)
  }

  /** Gives `bytes` back. */
  give(bytes: number): void {
    if (this.#closed) return
    this.#usedBytes -= bytes
    this.#owner.change(-bytes)
  }

  /** Gives back all it has; what comes later is ignored. */
  close(): void {
    if (this.#closed) return
    this.#owner.close()
    this.give(this.#usedBytes)
    this.#closed = true
  }
}
