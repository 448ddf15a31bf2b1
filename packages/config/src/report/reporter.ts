import { Backoff, sleep } from '@logpipe/runtime/backoff'
import { describeError } from '@logpipe/runtime/errors'
import { Wakeup } from '@logpipe/runtime/wakeup'
import type { Logger } from '@logpipe/runtime'
import { buildKey } from '../keys.ts'
import type { Lease, Leases } from '../lease.ts'
import type { AgentStatus, Registration, TransferRegistration, TransferStatus } from '../status.ts'
import type { ConfigStore } from '../store.ts'
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
  /** So often at most it is looked whether the registration is still there. Default 60,000. */
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

  constructor(options: ReporterOptions) {
    this.#options = { ttlMs: 30_000, paceMs: 1_000, gatherMs: 150, reconcileMs: 60_000, ...options }
  }

  /** This is to be reported. */
  report(status: AgentStatus | TransferStatus): void {
    this.#status = fitting(status)
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

  /** Whether the registration is there: somebody may delete it while its lease stands. Where nobody answers, the lease tells. */
  async #isRegistered(): Promise<boolean> {
    const { store, prefix, registration, kind } = this.#options
    const key = buildKey(prefix, { kind, id: registration.id })
    try {
      return (await store.list(key)).items.some((item) => item.key === key)
    } catch {
      return true
    }
  }

  async #register(lease: Lease): Promise<void> {
    const { store, prefix, registration, log, kind } = this.#options
    const { id, host } = registration
    const key = buildKey(prefix, { kind, id })
    const { items } = await store.list(key)
    const present = items.find((item) => item.key === key)?.value
    if (present !== undefined && !isOf(present, host)) {
      const sentence = `Another host's ${kind} has the same id; give each its own (setting 'id'), else they take each other's place`
      log.error(sentence, { id, present })
    }
    await store.put(key, JSON.stringify(registration), { lease: lease.id })
  }

  async #follow(lease: Lease, signal: AbortSignal): Promise<void> {
    const { store, prefix, registration, paceMs, gatherMs, reconcileMs, kind, log } = this.#options
    const key = buildKey(prefix, { kind: kind === 'agent' ? 'status' : 'transferStatus', id: registration.id })
    let written: string | null = null
    let lookedAt = performance.now()
    while (!signal.aborted) {
      if (this.#status === null || this.#status === written) {
        await this.#wakeup.sleep(reconcileMs, signal)
        if (signal.aborted || performance.now() - lookedAt < reconcileMs) continue
        lookedAt = performance.now()
        if (await this.#isRegistered()) continue
        log.warn(`The registration of this ${kind} was deleted from etcd by somebody; it is written again`)
        return
      }
      await sleep(gatherMs + paceMs * Math.random(), signal).catch(() => undefined)
      const status: string | null = this.#status
      if (signal.aborted || status === null || status === written) continue
      await store.put(key, status, { lease: lease.id })
      written = status
      await sleep(paceMs, signal).catch(() => undefined)
    }
  }
}

function isOf(registration: string, host: string): boolean {
  try {
    return (JSON.parse(registration) as Partial<Registration>).host === host
  } catch {
    return false
  }
}
