import { isDeepStrictEqual } from 'node:util'
import { type ConfigStore, type EntryStatus, type Leases, type Registration, Reporter } from '@logpipe/config'
import type { Logger } from '@logpipe/runtime'
import type { Agent } from '../agent.ts'
import type { Ignored } from '../discover/finder.ts'
import { type AnswerPreview, Mailbox } from '../requests/mailbox.ts'
import { emptyPlan, type Plan } from './compile.ts'
import { FleetEntries, type FleetEntriesOptions } from './fleet-entries.ts'
import { statusOf } from './report.ts'
import { emptySelection, type Selection, type Selector } from './selection.ts'
import { sharedFiles } from './shared-files.ts'

export interface FleetOptions {
  store: ConfigStore & Leases
  prefix: string
  selector: Selector
  agent: Pick<Agent, 'ledger' | 'scans' | 'lagBytesOf'>
  clock: FleetEntriesOptions['clock']
  log: Logger
  registration: Registration
  leaseMs: number
  /** Makes a plan of what is wanted, and has it run; returns it. */
  apply: (selection: Selection) => Plan
  /** How previews are answered; null: no requests are. */
  preview: AnswerPreview | null
}

/** The agent as a part of the fleet: does what the store wants of this host, and says there what it has done. One owner. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #entries: FleetEntries
  readonly #reporter: Reporter
  readonly #mailbox: Mailbox | null
  #selection: Selection = emptySelection
  #plan: Plan = emptyPlan
  #running: Plan = emptyPlan
  #shared: ReadonlyMap<string, string> = new Map()
  #rows: readonly EntryStatus[] = []

  /** Applies what is remembered from before. */
  constructor(options: FleetOptions) {
    this.#options = options
    const { store, prefix, registration, leaseMs, agent, selector, clock, log, preview } = options
    this.#reporter = new Reporter({ kind: 'agent', store, prefix, registration, log, ttlMs: leaseMs })
    this.#mailbox = preview === null ? null : new Mailbox({ store, prefix, agent: registration.id, log, preview })
    this.#entries = new FleetEntries({
      store,
      selector,
      clock,
      log,
      memory: agent.ledger,
      progressOf: (entry) => ({ scans: agent.scans, lagBytes: agent.lagBytesOf(entry) }),
      onSelection: (selection) => {
        this.#selection = selection
        this.#plan = options.apply(selection)
        this.#report()
      },
    })
  }

  /** All folders were looked at for this plan: it runs. `ignored` is what it matches and leaves. */
  scanned(plan: Plan, ignored: readonly Ignored[]): void {
    const shared = sharedFiles(ignored)
    if (plan === this.#running && isDeepStrictEqual(shared, this.#shared)) return
    this.#running = plan
    this.#shared = shared
    this.#report()
  }

  /** Follows, reports and answers until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#entries.follow(signal), this.#reporter.run(signal), this.#mailbox?.run(signal)])
  }

  /** Ends the connection to the store. Call it when `run` has ended. */
  close(): Promise<void> {
    return this.#options.store.close()
  }

  #report(): void {
    const state = {
      selection: this.#selection,
      plan: this.#plan,
      running: this.#running,
      shared: this.#shared,
      before: this.#rows,
    }
    const status = statusOf(this.#options.registration.id, state)
    this.#rows = status.entries
    this.#reporter.report(status)
  }
}
