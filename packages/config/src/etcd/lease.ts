import type { Etcd3 } from 'etcd3'
import { type Lease, lostAfter, renewals } from '../lease.ts'
import { cancelStream } from './cancel.ts'

export interface GrantedLease {
  readonly id: string
  readonly ttlMs: number
  /** Monotonic time before which it was not granted. */
  readonly grantedAt: number
}

/** How a lease is kept: each call has a deadline inside. */
export interface LeaseCalls {
  /** Whether the lease still stood, and is renewed. Rejects where nobody answers. */
  renew(id: string): Promise<boolean>
  revoke(id: string): Promise<void>
}

/**
 * Renews a lease until it is revoked, lost, or `closing` aborts.
 *
 * NOTE: the library's own Lease is not used. It counts a lease as lost only when etcd says so, so a client that is cut off from etcd would hold on
 * to what others have long taken over.
 */
export function keepLease({ id, ttlMs, grantedAt }: GrantedLease, calls: LeaseCalls, closing: AbortSignal): Lease {
  const lost = new AbortController()
  const everyMs = ttlMs / renewals
  let renewTimer: NodeJS.Timeout | undefined
  let lostTimer: NodeJS.Timeout | undefined
  const end = (): void => {
    clearTimeout(renewTimer)
    clearTimeout(lostTimer)
    closing.removeEventListener('abort', end)
    lost.abort()
  }
  const heldFrom = (at: number): void => {
    clearTimeout(lostTimer)
    lostTimer = setTimeout(end, at + ttlMs * lostAfter - performance.now())
  }
  const renew = async (): Promise<void> => {
    // Counted from when it was asked: etcd may have begun to count at any time after that.
    const asked = performance.now()
    const stands = await calls.renew(id).catch(() => null)
    if (lost.signal.aborted) return
    if (stands === false) return end()
    if (stands === true) heldFrom(asked)
    // Soon again where nobody answered.
    renewTimer = setTimeout(() => void renew(), stands === true ? everyMs : everyMs / 2)
  }
  heldFrom(grantedAt)
  renewTimer = setTimeout(() => void renew(), everyMs)
  closing.addEventListener('abort', end, { once: true })
  if (closing.aborted) end()
  return {
    id,
    ttlMs,
    lost: lost.signal,
    async revoke() {
      end()
      await calls.revoke(id).catch(() => undefined)
    },
  }
}

/** Renews the lease once; false where it is gone. Rejects when etcd does not answer in time. */
export async function renewOnce(member: Etcd3, id: string, timeoutMs: number): Promise<boolean> {
  const stream = await member.leaseClient.leaseKeepAlive({ deadline: Date.now() + timeoutMs })
  try {
    return await new Promise<boolean>((resolve, reject) => {
      stream.on('error', reject)
      stream.on('end', () => reject(new Error('etcd ended the renewal.')))
      stream.on('data', ({ TTL }) => resolve(Number(TTL) > 0))
      stream.write({ ID: id })
    })
  } finally {
    cancelStream(stream)
  }
}
