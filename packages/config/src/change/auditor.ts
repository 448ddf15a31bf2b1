import { Backoff, sleep } from '@logpipe/runtime/backoff'
import { isLogpipeError } from '@logpipe/runtime/errors'
import type { Term } from '../election.ts'
import { type Followed, followKeys } from '../follow.ts'
import { keysOf, parseKey } from '../keys.ts'
import type { ConfigStore } from '../store.ts'
import { auditItem, readAudit } from './audit.ts'
import { expiredRecords } from './expired.ts'
import { type HandMade, handMadeChanges } from './hand-made.ts'

export interface AuditorOptions {
  store: ConfigStore
  prefix: string
  /** How long changes stay written down, days. */
  keepDays: number
  /** How often changes are looked at, if there were any. Default 5,000. */
  paceMs?: number
  /** How often what is too old is looked for. Default an hour. */
  trimEveryMs?: number
  onHandMade?: (change: HandMade) => void
  onTrimmed?: (count: number) => void
  /** It could not be done, and is tried again. */
  onFailed?: (error: unknown) => void
}

/** What people change. Services write their own keys, all the time. */
const kinds = ['host', 'group', 'pipeline'] as const
const dayMs = 86_400_000

/**
 * The work of the one who was elected for it: writes down what was changed without logctl or console, and forgets what is older than `keepDays`, until
 * the term is over. Nothing is written twice, whoever did it before and wherever that ended. Rejects with `etcd_conflict` where the fence does not hold.
 */
export async function auditChanges(options: AuditorOptions, term: Term): Promise<void> {
  const { store, prefix } = options
  const ending = new AbortController()
  const signal = AbortSignal.any([term.signal, ending.signal])
  const auditor = new Auditor(options, { ...term, signal })
  const following = kinds.map((kind) => {
    const onChange = (followed: Followed): void => auditor.saw(kind, followed)
    return followKeys({ store, prefix: keysOf(prefix, kind), onChange }, signal)
  })
  try {
    await Promise.race([auditor.run(), ...following])
  } finally {
    ending.abort()
    await Promise.allSettled(following)
  }
}

/** One owner. */
class Auditor {
  readonly #options: Required<Pick<AuditorOptions, 'paceMs' | 'trimEveryMs'>> & AuditorOptions
  readonly #term: Term
  readonly #followed = new Map<string, Followed>()
  #isDue = true
  #trimmedAt = -Infinity

  constructor(options: AuditorOptions, term: Term) {
    this.#options = { paceMs: 5_000, trimEveryMs: 3_600_000, ...options }
    this.#term = term
  }

  saw(kind: string, followed: Followed): void {
    this.#followed.set(kind, followed)
    this.#isDue = true
  }

  /** Looks and writes until the term is over. */
  async run(): Promise<void> {
    const { paceMs, trimEveryMs, onFailed } = this.#options
    const { signal } = this.#term
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 })
    while (!signal.aborted) {
      const began = performance.now()
      const isTrimDue = began - this.#trimmedAt >= trimEveryMs
      try {
        if (this.#followed.size === kinds.length && (this.#isDue || isTrimDue)) await this.#look(isTrimDue)
        backoff.reset()
        // All of audit/ is read each time: for a tenth of the time at most.
        await sleep(Math.max(paceMs, (performance.now() - began) * 9), signal).catch(() => undefined)
      } catch (error) {
        if (signal.aborted) return
        if (!isLogpipeError(error) || error.code === 'etcd_conflict') throw error
        this.#isDue = true
        onFailed?.(error)
        await backoff.wait(signal).catch(() => undefined)
      }
    }
  }

  async #look(isTrimDue: boolean): Promise<void> {
    const { store, prefix, keepDays, onTrimmed } = this.#options
    const { signal, fence } = this.#term
    this.#isDue = false
    // As they are now: what is followed changes in place while we read.
    const seen = kinds.map((kind) => ({ kind, followed: copyOf(prefix, this.#followed.get(kind)) }))
    const records = await readAudit(store, prefix)
    const last = new Map(records.map(({ change }) => [change.key, change]))
    for (const { kind, followed } of seen) {
      const ofKind = new Map([...last].filter(([key]) => parseKey(prefix, key)?.kind === kind))
      for (const change of handMadeChanges(ofKind, followed)) await this.#write(change)
    }
    if (!isTrimDue) return
    const expired = expiredRecords(records, Date.now() - keepDays * dayMs)
    for (const key of expired) {
      if (signal.aborted) return
      await store.delete(key, { fence })
    }
    this.#trimmedAt = performance.now()
    if (expired.length > 0) onTrimmed?.(expired.length)
  }

  async #write(change: HandMade): Promise<void> {
    const { store, prefix, onHandMade } = this.#options
    const { signal, fence } = this.#term
    if (signal.aborted) return
    const record = { ...change, by: 'unknown', note: 'changed without logctl', atMs: Date.now() }
    const { key, value } = auditItem(prefix, record)
    await store.put(key, value, { fence })
    onHandMade?.(change)
  }
}

/** Keys that are none of ours are nobody's change. */
function copyOf(prefix: string, followed: Followed | undefined): Followed {
  const { items = new Map(), revision = 0, wentBack = false } = followed ?? {}
  return { items: new Map([...items].filter(([key]) => parseKey(prefix, key) !== undefined)), revision, wentBack }
}
