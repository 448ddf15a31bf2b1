import type { Lease, Leases } from '../lease.ts'
import type { ConfigStore } from '../store.ts'

/** Replies that stand at once, at most: the oldest makes room. */
const maxStanding = 64

interface Standing {
  readonly lease: Lease
  readonly timer: NodeJS.Timeout
}

/** The replies that stand in the store, each under a lease of its own, by the key of its request. One owner. */
export class Replies {
  readonly #store: ConfigStore & Leases
  readonly #holdMs: number
  readonly #standing = new Map<string, Standing>()
  readonly #going = new Set<Promise<void>>()

  /** `holdMs`: how long one stands at most, also where this process dies. */
  constructor(store: ConfigStore & Leases, holdMs: number) {
    this.#store = store
    this.#holdMs = holdMs
  }

  /** Writes the reply to a request; it stands until it is taken back, or its time is over. Rejects as the store does. */
  async put(request: string, key: string, value: string): Promise<void> {
    const lease = await this.#store.lease(this.#holdMs)
    try {
      await this.#store.put(key, value, { lease: lease.id })
    } catch (error) {
      this.#end(lease)
      throw error
    }
    this.#takeBack(request)
    this.#standing.set(request, { lease, timer: setTimeout(() => this.#takeBack(request), this.#holdMs) })
    const [oldest] = this.#standing.keys()
    if (oldest !== undefined && this.#standing.size > maxStanding) this.#takeBack(oldest)
  }

  /** Takes back the replies to all requests that are not wanted any more. */
  keep(isWanted: (request: string) => boolean): void {
    for (const request of this.#standing.keys()) if (!isWanted(request)) this.#takeBack(request)
  }

  /** Takes back all; resolves when the store knows, or cannot be told. */
  async takeBackAll(): Promise<void> {
    this.keep(() => false)
    await Promise.all(this.#going)
  }

  #takeBack(request: string): void {
    const standing = this.#standing.get(request)
    if (standing === undefined) return
    this.#standing.delete(request)
    clearTimeout(standing.timer)
    this.#end(standing.lease)
  }

  #end(lease: Lease): void {
    const going: Promise<void> = lease.revoke().finally(() => this.#going.delete(going))
    this.#going.add(going)
  }
}
