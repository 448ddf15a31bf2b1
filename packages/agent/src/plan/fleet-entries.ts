import { type ConfigStore, type Fault, followKeys, formatFaults, type StoreItem } from '@logpipe/config'
import { type Clock, describeError, type Logger, sleep, together, Wakeup } from '@logpipe/runtime'
import type { LeftToDo } from '../progress/rows.ts'
import { emptySelection, type SelectedEntry, type Selection, type Selector } from './selection.ts'

export interface FleetEntriesOptions {
  store: ConfigStore
  selector: Selector
  clock: Clock
  log: Logger
  /** Called when something that is meant for this host has changed; first when everything was read, or `known` was given. */
  onSelection: (selection: Selection) => void
  /** Called when the store turns out to be an older copy of itself. */
  onWentBack?: () => void
  /** What is to be kept for a start without the store, as text; `null`: nothing was ever read. */
  memory: { plan: string | null }
  /** How often folders were looked at since the start, and what the files of these entries have still to do; of an entry that is absent, nothing. */
  progressOf: (entries: ReadonlySet<string>) => { scans: number; left: ReadonlyMap<string, LeftToDo> }
  reconcileMs?: number
  /** How often the files of services that are gone are asked for. Default 1,000. */
  finishLookMs?: number
}

/** An entry of a service that is gone. */
interface Ending {
  readonly entry: SelectedEntry
  /** What the service's key held last: remembered until its files are read, since a restart must not forget the rest of them. */
  readonly item: StoreItem | undefined
  /** How many scans there must have been. */
  readonly scans: number
  /** Monotonic time at which it is given up, where nothing is under way by then. */
  until: number
}

/** Many changes in a row are one: edits by programs come by the hundred. */
const gatherMs = 100
const idleMs = 60_000
/** What an application that ended has left unfinished, or nobody may read, is waited for so long. What can be delivered is waited for as long as it takes. */
const finishMs = 60_000

/**
 * What the store wants of this host, kept up to date until it is stopped: followed key by key, put together, remembered for a start without the
 * store. Entries of a service whose registration ended go on until their files are read to the end. One owner.
 */
export class FleetEntries {
  readonly #options: FleetEntriesOptions
  readonly #items = new Map<string, ReadonlyMap<string, StoreItem>>()
  readonly #ending = new Map<string, Ending>()
  readonly #unreached = new Set<string>()
  #last: Selection | null = null
  readonly #news = new Wakeup()
  /** Since it was put together last. */
  #isChanged = false
  #said = ''

  constructor(options: FleetEntriesOptions) {
    this.#options = options
    this.#recall()
  }

  /** Whether a part of the store cannot be followed now. */
  get isAway(): boolean {
    return this.#unreached.size > 0
  }

  /** Follows until `signal` aborts. Rejects with what `onSelection` throws; it may be called again then, and applies all anew. */
  async follow(signal: AbortSignal): Promise<void> {
    const { selector, store, reconcileMs } = this.#options
    const following = selector.prefixes.map(
      (prefix) => (until: AbortSignal) =>
        followKeys(
          {
            store,
            prefix,
            onChange: ({ items, wentBack }) => {
              if (wentBack) this.#wentBack(prefix)
              this.#items.set(prefix, items)
              this.#isChanged = true
              this.#news.wake()
            },
            onReach: (error) => this.#reached(prefix, error),
            ...(reconcileMs !== undefined && { reconcileMs }),
          },
          until,
        ),
    )
    await together([...following, (until) => this.#gather(until), (until) => this.#finish(until)], signal)
  }

  /** What was wanted last: nobody waits for the store. Where that cannot be used, the store is asked as at a first start. */
  #recall(): void {
    const { memory, log } = this.#options
    try {
      const known = itemsFrom(memory.plan)
      if (known !== null) this.#apply(known)
    } catch (error) {
      log.error('The entries of the last run cannot be used; those of etcd are waited for', { error })
    }
  }

  #wentBack(prefix: string): void {
    const { log, onWentBack } = this.#options
    log.warn('etcd was restored from an older copy; what it holds now is collected', { prefix })
    onWentBack?.()
  }

  #reached(prefix: string, error: unknown): void {
    const wasAway = this.isAway
    if (error === null) this.#unreached.delete(prefix)
    else this.#unreached.add(prefix)
    if (wasAway || !this.isAway) return
    this.#options.log.warn('etcd does not answer; the last known entries go on', { reason: describeError(error) })
  }

  /** Applies what is known: at once when all prefixes have been read for the first time, else a little after a change. */
  async #gather(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#news.sleep(idleMs, signal)
      if (!this.#isChanged || this.#items.size < this.#options.selector.prefixes.length) continue
      if (this.#last !== null) await sleep(gatherMs, signal).catch(() => undefined)
      if (signal.aborted) return
      this.#isChanged = false
      const items = new Map([...this.#items.values()].flatMap((part) => [...part]))
      this.#apply(items)
      this.#remember()
    }
  }

  #apply(items: ReadonlyMap<string, StoreItem>): void {
    const before = this.#options.selector.good
    const selection = this.#options.selector.select(items)
    this.#tell(selection.faults)
    const wanted = new Set(selection.entries.map(({ spec }) => spec.id))
    const { clock, progressOf } = this.#options
    for (const entry of this.#last?.entries ?? []) {
      if (wanted.has(entry.spec.id) || this.#ending.has(entry.spec.id) || items.has(entry.key)) continue
      if (!this.#options.selector.isService(entry.key)) continue
      // The scan after the next one has surely begun after the application ended.
      const scans = progressOf(new Set()).scans + 2
      const item = before.find(({ key }) => key === entry.key)
      this.#ending.set(entry.spec.id, { entry, item, scans, until: clock.monotonic() + finishMs })
    }
    for (const id of wanted) this.#ending.delete(id)
    this.#last = selection
    this.#give()
  }

  #give(): void {
    const last = this.#last ?? emptySelection
    const ending = Array.from(this.#ending.values(), ({ entry }) => entry)
    this.#options.onSelection({ ...last, entries: [...last.entries, ...ending] })
  }

  /** Ends entries of services that are gone when all that their files hold is acknowledged. */
  async #finish(signal: AbortSignal): Promise<void> {
    const { clock, progressOf, finishLookMs = 1_000 } = this.#options
    while (!signal.aborted) {
      await sleep(finishLookMs, signal).catch(() => undefined)
      if (this.#ending.size === 0) continue
      let isAnyOver = false
      const { scans, left } = progressOf(new Set(this.#ending.keys()))
      for (const [id, ending] of this.#ending) {
        const { lagBytes, isUnderWay } = left.get(id) ?? { lagBytes: 0, isUnderWay: false }
        if (isUnderWay) ending.until = clock.monotonic() + finishMs
        const isRead = scans >= ending.scans && lagBytes === 0
        if (!isRead && clock.monotonic() < ending.until) continue
        this.#ending.delete(id)
        isAnyOver = true
      }
      if (!isAnyOver || signal.aborted) continue
      this.#remember()
      this.#give()
    }
  }

  /** For a start without the store, or one at which a service has ended whose files are not read yet. */
  #remember(): void {
    const ending = new Set(Array.from(this.#ending.values()).flatMap(({ item }) => item ?? []))
    this.#options.memory.plan = JSON.stringify([...this.#options.selector.good, ...ending])
  }

  /** The same faults are told once. */
  #tell(faults: readonly Fault[]): void {
    const text = formatFaults(faults)
    if (text === this.#said) return
    this.#said = text
    for (const { at, path, message } of faults) {
      this.#options.log.error('What etcd holds cannot be used; what the same key said before goes on', {
        key: at,
        path,
        reason: message,
      })
    }
  }
}

/** What was remembered; null where nothing was, or by an earlier version. */
function itemsFrom(memory: string | null): Map<string, StoreItem> | null {
  if (memory === null) return null
  const items = JSON.parse(memory) as Partial<StoreItem>[] | null
  if (!Array.isArray(items)) return null
  const isSound = ({ key, value, modRevision }: Partial<StoreItem>): boolean =>
    typeof key === 'string' && typeof value === 'string' && typeof modRevision === 'number'
  return items.every(isSound) ? new Map(items.map((item) => [item.key as string, item as StoreItem])) : null
}
