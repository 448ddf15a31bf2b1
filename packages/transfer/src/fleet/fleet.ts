import { hostname } from 'node:os'
import {
  type Answer,
  buildKey,
  type ConfigStore,
  type Leases,
  Mailbox,
  openEtcdStore,
  Reporter,
  type StoreItem,
  type TransferRegistration,
  type TransferSettings,
} from '@logpipe/config'
import { anyAddress, type Duties, localAddressTowards, type Logger, untilAborted, version } from '@logpipe/runtime'
import { audit } from '../audit.ts'
import type { Events } from '../events.ts'
import type { Pipelines } from '../pipeline/pipelines.ts'
import { type StoredState, StoredPipelines } from '../pipeline/stored-pipelines.ts'
import { answerTrials } from '../trial/answer.ts'
import { inTurn } from './in-turn.ts'
import { KeptPipelines } from './kept-pipelines.ts'

/** What is told to etcd at the end may take so long. */
const closingMs = 2_000
/** What the default id is for: that of the first transfer of a host. */
const usualPort = 9601

/**
 * The transfer as one of many: parses with the pipelines of etcd, says there that it is alive and what it has applied, and stands for election as the
 * one who writes down changes made by hand.
 */
export interface Fleet {
  /** Resolves when the pipelines are known; at once without etcd. Rejects with `aborted`. */
  readonly known: Promise<void>
  /** Does what is safe to repeat, one instance at a time as far as etcd answers. Settles as `work` does. */
  inTurn<T>(lock: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>
  /** Takes back what was said. */
  close(): Promise<void>
}

export interface FleetParts {
  pipelines: Pipelines
  events: Events
  log: Logger
  /** Keeps what is done here at work, whatever it throws. */
  duties: Duties
  /** `host:port` of the HTTP endpoint. */
  address: string
}

/** Begins to follow and to report, where the settings name an etcd; whether it answers does not matter. */
export async function openFleet(settings: TransferSettings, parts: FleetParts, signal: AbortSignal): Promise<Fleet> {
  const { etcd, dataDir, audit: auditSettings } = settings
  if (etcd === undefined) return fleetOfOne
  const { prefix, leaseMs, requests, ...connection } = etcd
  const registration = await registrationOf(settings, parts.address)
  const kept = dataDir === undefined ? null : new KeptPipelines({ folder: dataDir, prefix, events: parts.events })
  const before = (await kept?.read()) ?? null
  const store = await openEtcdStore({ ...connection, log: parts.log })
  const { id: transfer } = registration
  const answer = requests ? answerTrials({ transfer, settings, pipelines: parts.pipelines }) : null
  const given = { store, prefix, leaseMs, registration, kept, before, audit: auditSettings, answer }
  return new EtcdFleet({ ...given, ...parts }, signal)
}

const fleetOfOne: Fleet = {
  known: Promise.resolve(),
  inTurn: (_, work, signal) => work(signal),
  close: () => Promise.resolve(),
}

export interface EtcdFleetOptions extends Omit<FleetParts, 'address'> {
  store: ConfigStore & Leases
  prefix: string
  leaseMs: number
  registration: TransferRegistration
  /** The copy on disk, and what it held at the start; null: there is none. */
  kept: KeptPipelines | null
  before: readonly StoreItem[] | null
  audit: TransferSettings['audit']
  /** How requests are answered; null: none are. */
  answer: Answer | null
}

class EtcdFleet implements Fleet {
  readonly known: Promise<void>
  readonly #options: EtcdFleetOptions
  readonly #reporter: Reporter
  readonly #ending = new AbortController()
  readonly #running: Promise<unknown>

  constructor(options: EtcdFleetOptions, signal: AbortSignal) {
    this.#options = options
    const { store, prefix, leaseMs, registration, log, duties, pipelines, events, kept, before } = options
    this.#reporter = new Reporter({ kind: 'transfer', store, prefix, registration, log, ttlMs: leaseMs })
    const onSync = (state: StoredState): void => this.#synced(state)
    const onWentBack = (): void => this.#reporter.doubt()
    const stored = new StoredPipelines({ store, prefix, pipelines, events, kept: before, onSync, onWentBack })
    // Until `close`, also while the transfer drains: it is alive, and parses.
    const end = this.#ending.signal
    this.#running = Promise.all([
      duties.run('pipelines', (until) => stored.follow(until), end),
      duties.run('registration', (until) => this.#reporter.run(until), end),
      options.answer !== null && duties.run('requests', this.#mailbox(options.answer, stored.known), end),
      kept !== null && duties.run('copy of the pipelines', (until) => kept.run(until), end),
      options.audit.enabled && duties.run('audit', (until) => this.#audit(until), end),
    ])
    this.known = untilAborted(stored.known, signal)
    // Who waits for it learns of an abort; without one, it must not count as unhandled.
    this.known.catch(() => {})
  }

  inTurn<T>(lock: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { store, prefix, registration } = this.#options
    return inTurn({ store, key: buildKey(prefix, { kind: 'lock', name: lock }), owner: registration.id }, work, signal)
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await untilAborted(this.#running, AbortSignal.timeout(closingMs)).catch(() => {})
    await this.#options.store.close()
  }

  /** Answers requests, once the pipelines are known by which that is done. */
  #mailbox(answer: Answer, known: Promise<void>): (signal: AbortSignal) => Promise<void> {
    const { store, prefix, registration, log } = this.#options
    const mailbox = new Mailbox({ store, prefix, box: 'transferRequest', id: registration.id, log, answer })
    return async (signal) => {
      await untilAborted(known, signal).catch(() => {})
      await mailbox.run(signal)
    }
  }

  async #audit(signal: AbortSignal): Promise<void> {
    const { store, prefix, registration, audit: settings, log } = this.#options
    await audit({ store, prefix, owner: registration.id, settings, log }, signal)
  }

  #synced({ rows, used }: StoredState): void {
    const { registration, kept } = this.#options
    kept?.keep(used)
    const revision = Math.max(0, ...rows.map(({ desired }) => desired))
    this.#reporter.report({ transfer: registration.id, revision, pipelines: rows, omitted: 0 })
  }
}

async function registrationOf({ id, kafka }: TransferSettings, address: string): Promise<TransferRegistration> {
  const host = hostname()
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  const ip = (await localAddressTowards(kafka.brokers)) ?? anyAddress()
  return {
    id: id ?? (port === usualPort ? host : `${host}-${port}`),
    host,
    ip,
    ips: [ip],
    labels: {},
    version,
    pid: process.pid,
    address,
    started: new Date().toISOString(),
    group: kafka.group,
  }
}
