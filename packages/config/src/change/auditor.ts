import { Backoff, sleep } from '@logpipe/runtime/backoff'
import { isLogpipeError } from '@logpipe/runtime/errors'
import type { Term } from '../election.ts'
import { type Followed, followKeys } from '../follow.ts'
import { keysOf, parseKey } from '../keys.ts'
import type { ConfigStore } from '../store.ts'
import { auditItem } from './audit.ts'
import { deleteExpired } from './expired.ts'
import { type HandMade, handMadeChanges } from './hand-made.ts'
import { LastChanges } from './last-changes.ts'

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

/**
 * NOTE: what is written down may be much. It is read in pages, and of each key only the last record is remembered; later looks read what was written since.
 * Whatever then seems to be by hand is looked for in all of it once more: its record may stand where a clock that is far behind has put it. One owner.
 */
class Auditor {
  readonly #options: Required<Pick<AuditorOptions, 'paceMs' | 'trimEveryMs'>> & AuditorOptions
  readonly #term: Term
  readonly #followed = new Map<string, Followed>()
  readonly #last: LastChanges
  #isDue = true
  #isRestored = false
  #trimmedAt = -Infinity

  constructor(options: AuditorOptions, term: Term) {
    this.#options = { paceMs: 5_000, trimEveryMs: 3_600_000, ...options }
    this.#term = term
    this.#last = new LastChanges(options.store, options.prefix)
  }

  saw(kind: string, followed: Followed): void {
    this.#followed.set(kind, followed)
    if (followed.wentBack) this.#isRestored = true
    this.#isDue = true
  }

  /** Looks and writes until the term is over. */
  async run(): Promise<void> {
    const { paceMs, trimEveryMs, onFailed } = this.#options
    const { signal } = this.#term
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 })
    while (!signal.aborted) {
      const began = performance.now()
      const isFirst = !this.#last.isComplete
      const isTrimDue = began - this.#trimmedAt >= trimEveryMs
      try {
        if (this.#followed.size === kinds.length && (this.#isDue || isTrimDue)) await this.#look(isTrimDue)
        backoff.reset()
        // What is changed by hand has all of audit/ read: for a tenth of the time at most, but for the first time.
        const restMs = isFirst ? 0 : (performance.now() - began) * 9
        await sleep(Math.max(paceMs, restMs), signal).catch(() => undefined)
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
    if (this.#isRestored) this.#last.forget()
    this.#isRestored = false
    // As they are now: what is followed changes in place while we read.
    const seen = kinds.map((kind) => ({ kind, followed: copyOf(prefix, this.#followed.get(kind)) }))
    const handMade = (): HandMade[] =>
      seen.flatMap(({ kind, followed }) => {
        const ofKind = [...this.#last.byKey].filter(([key]) => parseKey(prefix, key)?.kind === kind)
        return handMadeChanges(new Map(ofKind), followed)
      })
    const isAllRead = !this.#last.isComplete
    await this.#last.readNew(signal)
    if (!isAllRead && handMade().length > 0) await this.#last.readAll(signal)
    if (signal.aborted) return
    for (const change of handMade()) await this.#write(change)
    if (!isTrimDue) return
    const { byKey: last } = this.#last
    const count = await deleteExpired({ store, prefix, last, beforeMs: Date.now() - keepDays * dayMs, fence }, signal)
    if (signal.aborted) return
    this.#trimmedAt = performance.now()
    if (count > 0) onTrimmed?.(count)
  }

  async #write(change: HandMade): Promise<void> {
    const { store, prefix, onHandMade } = this.#options
    const { signal, fence } = this.#term
    if (signal.aborted) return
    const whole = { ...change, from: await this.#last.valueOf(change.key) }
    const record = { ...whole, by: 'unknown', note: 'changed without logctl', atMs: Date.now() }
    const { key: auditKey, value } = auditItem(prefix, record)
    await store.put(auditKey, value, { fence })
    this.#last.note({ auditKey, change: { ...record, at: new Date(record.atMs).toISOString() } })
    onHandMade?.(whole)
  }
}

/** Keys that are none of ours are nobody's change. */
function copyOf(prefix: string, followed: Followed | undefined): Followed {
  const { items = new Map(), revision = 0, wentBack = false } = followed ?? {}
  return { items: new Map([...items].filter(([key]) => parseKey(prefix, key) !== undefined)), revision, wentBack }
}
