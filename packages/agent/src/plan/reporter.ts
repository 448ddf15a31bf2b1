import {
  type AgentStatus,
  buildKey,
  type ConfigStore,
  type Lease,
  type Leases,
  type Registration,
} from '@logpipe/config'
import { Backoff, describeError, type Logger, sleep } from '@logpipe/runtime'
import { Wakeup } from '../wakeup.ts'

export interface ReporterOptions {
  store: ConfigStore & Leases
  prefix: string
  registration: Registration
  log: Logger
  /** After so long without a sign of life the agent counts as gone. Default 30,000. */
  ttlMs?: number
  /** Between two reports; as much again at random, so that thousands of agents do not write at the same moment. Default 1,000. */
  paceMs?: number
}

/** etcd takes 1.5 MiB a write; a status is read by thousands. */
const maxStatusBytes = 262_144

/** Says in the store that the agent is alive and what it has applied: under a lease, on change only, whatever the store does. One owner. */
export class Reporter {
  readonly #options: Required<ReporterOptions>
  readonly #wakeup = new Wakeup()
  #status: string | null = null

  constructor(options: ReporterOptions) {
    this.#options = { ttlMs: 30_000, paceMs: 1_000, ...options }
  }

  /** This is to be reported. */
  report(status: AgentStatus): void {
    this.#status = fitting(status)
    this.#wakeup.wake()
  }

  /** Reports until `signal` aborts; then what was reported goes. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, log, ttlMs } = this.#options
    const backoff = new Backoff({ baseMs: 500, maxMs: 10_000 })
    while (!signal.aborted) {
      let lease: Lease | null = null
      try {
        lease = await store.lease(ttlMs)
        await this.#register(lease)
        backoff.reset()
        await this.#follow(lease, AbortSignal.any([signal, lease.lost]))
      } catch (error) {
        log.warn('This agent cannot be registered in etcd; it is tried again, collecting goes on', {
          reason: describeError(error),
        })
      }
      await lease?.revoke()
      if (!signal.aborted) await backoff.wait(signal).catch(() => undefined)
    }
  }

  async #register(lease: Lease): Promise<void> {
    const { store, prefix, registration, log } = this.#options
    const { id, host } = registration
    const key = buildKey(prefix, { kind: 'agent', id })
    const { items } = await store.list(key)
    const present = items.find((item) => item.key === key)?.value
    if (present !== undefined && !isOf(present, host)) {
      log.error(
        "Another host's agent has the same id; give each its own (setting 'id'), else they take each other's place",
        {
          id,
          present,
        },
      )
    }
    await store.put(key, JSON.stringify(registration), { lease: lease.id })
  }

  async #follow(lease: Lease, signal: AbortSignal): Promise<void> {
    const { store, prefix, registration, paceMs } = this.#options
    const key = buildKey(prefix, { kind: 'status', id: registration.id })
    let written: string | null = null
    while (!signal.aborted) {
      const status = this.#status
      if (status === null || status === written) {
        await this.#wakeup.sleep(60_000, signal)
        continue
      }
      await store.put(key, status, { lease: lease.id })
      written = status
      await sleep(paceMs * (1 + Math.random()), signal).catch(() => undefined)
    }
  }
}

/** The status as text; where it is too long, without rows that say nothing but that all is well. */
function fitting(status: AgentStatus): string {
  const text = JSON.stringify(status)
  if (Buffer.byteLength(text) <= maxStatusBytes) return text
  const rank = { FAILED: 0, PENDING: 1, APPLIED: 2 }
  const rows = status.entries.toSorted((a, b) => rank[a.state] - rank[b.state])
  let left = maxStatusBytes - 1_024
  const kept = rows.filter((row) => (left -= Buffer.byteLength(JSON.stringify(row)) + 1) > 0)
  return JSON.stringify({ ...status, entries: kept, omitted: rows.length - kept.length })
}

function isOf(registration: string, host: string): boolean {
  try {
    return (JSON.parse(registration) as Partial<Registration>).host === host
  } catch {
    return false
  }
}
