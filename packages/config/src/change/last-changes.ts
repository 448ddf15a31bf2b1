import type { ConfigStore } from '../store.ts'
import { hashed, type KeptValue, parseAudit, type PastChange } from './audit.ts'
import { type AuditedChange, auditPages } from './audit-pages.ts'

/** The last change of a key, without its values: of what it made only a hash is kept. */
export interface LastChange extends Pick<PastChange, 'revision' | 'to'> {
  auditKey: string
}

/**
 * The last change that is written down of each key: in memory some hundred bytes for each key that was ever changed, however large its values are and
 * however many changes there were. One owner.
 */
export class LastChanges {
  readonly #store: ConfigStore
  readonly #prefix: string
  readonly #marginMs: number
  #byKey = new Map<string, LastChange>()
  #readAtMs: number | null = null

  /** `marginMs`: by so much clocks of writers may be behind ours. What is behind by more is found by reading all. */
  constructor(store: ConfigStore, prefix: string, marginMs = 600_000) {
    this.#store = store
    this.#prefix = prefix
    this.#marginMs = marginMs
  }

  get byKey(): ReadonlyMap<string, LastChange> {
    return this.#byKey
  }

  /** Whether all was read since the start, or since all was forgotten. */
  get isComplete(): boolean {
    return this.#readAtMs !== null
  }

  /** Reads what was written since the last reading; at first all. */
  async readNew(signal: AbortSignal): Promise<void> {
    const fromMs = this.#readAtMs === null ? 0 : this.#readAtMs - this.#marginMs
    await this.#read(fromMs, signal)
  }

  /** Reads all anew. */
  async readAll(signal: AbortSignal): Promise<void> {
    this.forget()
    await this.#read(0, signal)
  }

  /** What was known is not so any more: the store was restored from an older copy. */
  forget(): void {
    this.#readAtMs = null
    this.#byKey = new Map()
  }

  note({ auditKey, change: { key, revision, to } }: AuditedChange): void {
    const known = this.#byKey.get(key)
    if (known !== undefined && known.revision > revision) return
    this.#byKey.set(key, { auditKey, revision, to: typeof to === 'string' ? hashed(to) : to })
  }

  /** What the last change of a key made, whole where it was kept so. */
  async valueOf(key: string): Promise<KeptValue> {
    const last = this.#byKey.get(key)
    if (last === undefined) return { unknown: true }
    if (typeof last.to === 'string' || last.to === null || !('sha256' in last.to)) return last.to
    const { items } = await this.#store.list(last.auditKey, { limit: 1 })
    const record = items[0]?.key === last.auditKey ? parseAudit(items[0].value) : null
    return record?.key === key ? record.to : last.to
  }

  async #read(fromMs: number, signal: AbortSignal): Promise<void> {
    const readAtMs = Date.now()
    for await (const page of auditPages(this.#store, this.#prefix, { fromMs })) {
      if (signal.aborted) return
      for (const one of page) this.note(one)
    }
    this.#readAtMs = readAtMs
  }
}
