import { isDeepStrictEqual } from 'node:util'
import { type AgentStatus, type ConfigStore, type Leases, Mailbox, type Registration, Reporter } from '@logpipe/config'
import { type Duties, type Logger, Wakeup } from '@logpipe/runtime'
import type { Agent } from '../agent.ts'
import type { Ignored } from '../discover/finder.ts'
import { type AnswerPreview, answerWith } from '../requests/answer.ts'
import { emptyPlan, type Plan } from './compile.ts'
import { FleetEntries, type FleetEntriesOptions } from './fleet-entries.ts'
import { type PlanState, statusOf } from './report.ts'
import { emptySelection, type Selection, type Selector } from './selection.ts'
import { sharedFiles } from './shared-files.ts'

export interface FleetOptions {
  store: ConfigStore & Leases
  prefix: string
  selector: Selector
  agent: Pick<Agent, 'ledger' | 'scans' | 'leftOf'>
  clock: FleetEntriesOptions['clock']
  log: Logger
  /** Keeps what is done here at work, whatever it throws. */
  duties: Duties
  registration: Registration
  leaseMs: number
  /** Makes a plan of what is wanted, and has it run; returns it. */
  apply: (selection: Selection) => Plan
  /** How previews are answered; null: no requests are. */
  preview: AnswerPreview | null
}

const idleMs = 60_000

/** The agent as a part of the fleet: does what the store wants of this host, and says there what it has done. One owner. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #entries: FleetEntries
  readonly #reporter: Reporter
  readonly #mailbox: Mailbox | null
  /** Something may be to be reported. */
  readonly #news = new Wakeup()
  #selection: Selection = emptySelection
  #plan: Plan = emptyPlan
  #running: Plan = emptyPlan
  #ignored: readonly Ignored[] = []
  #status: Pick<AgentStatus, 'entries' | 'keys'> = { entries: [] }
  #reported: Reported | null = null

  /** Applies what is remembered from before. */
  constructor(options: FleetOptions) {
    this.#options = options
    const { store, prefix, registration, leaseMs, agent, selector, clock, log, preview } = options
    this.#reporter = new Reporter({ kind: 'agent', store, prefix, registration, log, ttlMs: leaseMs })
    const { id } = registration
    this.#mailbox =
      preview === null ? null : new Mailbox({ store, prefix, box: 'request', id, log, answer: answerWith(preview, id) })
    this.#entries = new FleetEntries({
      store,
      selector,
      clock,
      log,
      memory: agent.ledger,
      progressOf: (entries) => ({ scans: agent.scans, left: agent.leftOf(entries) }),
      onWentBack: () => this.#reporter.doubt(),
      onSelection: (selection) => {
        this.#selection = selection
        this.#plan = options.apply(selection)
        this.#news.wake()
      },
    })
  }

  /** All folders were looked at for this plan: it runs. `ignored` is what it matches and leaves. Never throws: who collects calls it. */
  scanned(plan: Plan, ignored: readonly Ignored[]): void {
    this.#running = plan
    this.#ignored = ignored
    this.#news.wake()
  }

  /** Follows, reports and answers until `signal` aborts; what fails of that is begun again. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { duties } = this.#options
    const mailbox = this.#mailbox
    await Promise.all([
      duties.run('entries', (until) => this.#entries.follow(until), signal),
      duties.run('status', (until) => this.#report(until), signal),
      duties.run('registration', (until) => this.#reporter.run(until), signal),
      mailbox !== null && duties.run('requests', (until) => mailbox.run(until), signal),
    ])
  }

  /** Ends the connection to the store. Call it when `run` has ended. */
  close(): Promise<void> {
    return this.#options.store.close()
  }

  /** Says what has become of the entries whenever that changes, until `signal` aborts. */
  async #report(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const state = {
        selection: this.#selection,
        plan: this.#plan,
        running: this.#running,
        shared: sharedFiles(this.#ignored),
      }
      if (!isSame(state, this.#reported)) {
        const status = statusOf(this.#options.registration.id, { ...state, before: this.#status })
        this.#reporter.report(status)
        this.#status = status
        this.#reported = state
      }
      await this.#news.sleep(idleMs, signal)
    }
  }
}

type Reported = Omit<PlanState, 'before'>

function isSame(a: Reported, b: Reported | null): boolean {
  const isSamePlan = a.selection === b?.selection && a.plan === b.plan && a.running === b.running
  return isSamePlan && isDeepStrictEqual(a.shared, b.shared)
}
