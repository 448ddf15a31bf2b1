import { Backoff, sleep } from '@logpipe/runtime/backoff'
import { describeError } from '@logpipe/runtime/errors'
import { Wakeup } from '@logpipe/runtime/wakeup'
import type { Logger } from '@logpipe/runtime'
import { buildKey } from '../keys.ts'
import type { Lease, Leases } from '../lease.ts'
import type { AgentStatus, Registration, TransferRegistration, TransferStatus } from '../status.ts'
import type { ConfigStore, StoreItem } from '../store.ts'
import { fitting } from './fitting.ts'

interface Common {
  store: ConfigStore & Leases
  prefix: string
  log: Logger
  /** After so long without a sign of life it counts as gone. Default 30,000. */
  ttlMs?: number
  /** Between two reports at least; and a change waits up to so long, at random, so that thousands do not write at the same moment. Default 1,000. */
  paceMs?: number
  /** A change waits so long in any case: what is pending, and applied a moment later, is one report. Default 150. */
  gatherMs?: number
  /** So often, or up to a quarter of it sooner, what was written is read back. Default 60,000. */
  reconcileMs?: number
}

/** Who reports. */
export type Reporting =
  | { kind: 'agent'; registration: Registration }
  | { kind: 'transfer'; registration: TransferRegistration }

export type ReporterOptions = Common & Reporting

/**
 * Says in the store that an agent or a transfer is alive and what it has applied: under a lease, on change only, whatever the store does. One owner.
 */
export class Reporter {
  readonly #options: ReporterOptions & Required<Common>
  readonly #wakeup = new Wakeup()
  #status: string | null = null
  /** What was written may not stand any more. */
  #isDoubted = false
  /** Another host's registration that was told. */
  #twin: string | null = null

  constructor(options: ReporterOptions) {
    this.#options = { ttlMs: 30_000, paceMs: 1_000, gatherMs: 150, reconcileMs: 60_000, ...options }
  }

  /** This is to be reported. */
  report(status: AgentStatus | TransferStatus): void {
    this.#status = fitting(status)
    this.#wakeup.wake()
  }

  /** The store may hold something older than what was written: it is read back now. */
  doubt(): void {
    this.#isDoubted = true
    this.#wakeup.wake()
  }

  /** Reports until `signal` aborts; then what was reported goes. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, log, ttlMs, kind } = this.#options
    const backoff = new Backoff({ baseMs: 500, maxMs: 10_000 })
    while (!signal.aborted) {
      let lease: Lease | null = null
      try {
        lease = await store.lease(ttlMs)
        await this.#register(lease)
        backoff.reset()
        await this.#follow(lease, AbortSignal.any([signal, lease.lost]))
      } catch (error) {
        log.warn(`This ${kind} cannot be registered in etcd; it is tried again, its work goes on`, {
          reason: describeError(error),
        })
      }
      await lease?.revoke()
      if (!signal.aborted) await backoff.wait(signal).catch(() => undefined)
    }
  }

  async #register(lease: Lease): Promise<void> {
    const { store, registration } = this.#options
    this.#isOthers((await this.#at(this.#key))?.value)
    await store.put(this.#key, JSON.stringify(registration), { lease: lease.id })
  }

  async #follow(lease: Lease, signal: AbortSignal): Promise<void> {
    const { store, paceMs, gatherMs, reconcileMs } = this.#options
    const nextLook = (): number => performance.now() + reconcileMs * (0.75 + Math.random() / 4)
    let written: string | null = null
    let lookAt = nextLook()
    while (!signal.aborted) {
      if (this.#status === null || this.#status === written) {
        if (!this.#isDoubted) await this.#wakeup.sleep(lookAt - performance.now(), signal)
        if (signal.aborted || (!this.#isDoubted && performance.now() < lookAt)) continue
        this.#isDoubted = false
        lookAt = nextLook()
        await this.#repair(lease, written)
        continue
      }
      await sleep(gatherMs + paceMs * Math.random(), signal).catch(() => undefined)
      const status: string | null = this.#status
      if (signal.aborted || status === null || status === written) continue
      await store.put(this.#statusKey, status, { lease: lease.id })
      written = status
      await sleep(paceMs, signal).catch(() => undefined)
    }
  }

  /** Writes again what does not stand there as it was written: somebody may delete or change it, and an older copy of the store may be restored, while the lease goes on. */
  async #repair(lease: Lease, status: string | null): Promise<void> {
    const { store, registration, log, kind } = this.#options
    const [own, said] = await this.#readBack()
    // Two hosts with one id must not write in turns for ever.
    if (own === undefined || this.#isOthers(own?.value)) return
    const wanted = [
      { key: this.#key, value: JSON.stringify(registration), stands: own },
      { key: this.#statusKey, value: status, stands: said },
    ]
    for (const { key, value, stands } of wanted) {
      if (value === null || (stands?.value === value && stands.lease === lease.id)) continue
      const sentence = `What this ${kind} said of itself does not stand in etcd any more: somebody changed it, or etcd was restored from an older copy; it is written again`
      log.warn(sentence, { key })
      await store.put(key, value, { lease: lease.id })
    }
  }

  /** What stands there as registration and as status, null: nothing; undefined where nobody answers: the lease tells. */
  async #readBack(): Promise<(StoreItem | null)[]> {
    try {
      return [await this.#at(this.#key), await this.#at(this.#statusKey)]
    } catch {
      return []
    }
  }

  async #at(key: string): Promise<StoreItem | null> {
    const { items } = await this.#options.store.list(key)
    return items.find((item) => item.key === key) ?? null
  }

  /** Whether this is the registration of another host, which is told once. */
  #isOthers(present: string | undefined): boolean {
    const { registration, log, kind } = this.#options
    if (present === undefined || isOf(present, registration.host)) return false
    if (present !== this.#twin) {
      const sentence = `Another host's ${kind} has the same id; give each its own (setting 'id'), else they take each other's place`
      log.error(sentence, { id: registration.id, present })
    }
    this.#twin = present
    return true
  }

  get #key(): string {
    const { prefix, registration, kind } = this.#options
    return buildKey(prefix, { kind, id: registration.id })
  }

  get #statusKey(): string {
    const { prefix, registration, kind } = this.#options
    return buildKey(prefix, { kind: kind === 'agent' ? 'status' : 'transferStatus', id: registration.id })
  }
}

function isOf(registration: string, host: string): boolean {
  try {
    return (JSON.parse(registration) as Partial<Registration>).host === host
  } catch {
    return false
  }
}
