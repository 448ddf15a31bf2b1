import { type CollectEntry, type ConfigStore, type ParsedEntries, buildKey, parseEntries } from '@logpipe/config'
import { Backoff, type Logger, describeError } from '@logpipe/runtime'

/** A watch alone is not trusted: the key is read anew so often. */
const reconcileMs = 60_000

export interface HostEntriesOptions {
  store: ConfigStore
  prefix: string
  ip: string
  log: Logger
  /** Called with the sound entries whenever the key changed; with none when it was deleted. */
  onEntries(entries: readonly CollectEntry[], json: string | null): void
  reconcileMs?: number
}

/**
 * Follows the entries of one host in the store: read, then watch from that revision + 1, read again every minute and whenever the
 * watch ends. A value that is no list of entries changes nothing; single entries that are not sound are left out and said.
 */
export class HostEntries {
  readonly #options: HostEntriesOptions
  readonly #key: string
  #json: string | null | undefined
  #isAway = false

  constructor(options: HostEntriesOptions) {
    this.#options = options
    this.#key = buildKey(options.prefix, { kind: 'host', ip: options.ip })
  }

  /** Whether the store has not answered since the last time it did. */
  get isAway(): boolean {
    return this.#isAway
  }

  /** Follows until `signal` aborts, whatever the store does. */
  async follow(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 })
    while (!signal.aborted) {
      try {
        const revision = await this.#read()
        backoff.reset()
        await this.#watch(revision + 1, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#isAway = true
        this.#options.log.warn('etcd does not answer; the last known entries go on', { reason: describeError(error) })
        await backoff.wait(signal).catch(() => undefined)
      }
    }
  }

  async #read(): Promise<number> {
    const { revision, items } = await this.#options.store.list(this.#key)
    this.#isAway = false
    // The key is a prefix of others: 10.0.0.1 and 10.0.0.12.
    this.#take(items.find(({ key }) => key === this.#key)?.value ?? null)
    return revision
  }

  /** Resolves when it is time to read again. */
  async #watch(from: number, signal: AbortSignal): Promise<void> {
    const again = AbortSignal.any([signal, AbortSignal.timeout(this.#options.reconcileMs ?? reconcileMs)])
    await this.#options.store.watch(
      this.#key,
      from,
      (change) => {
        if (change.key === this.#key) this.#take(change.kind === 'put' ? change.value : null)
      },
      again,
    )
  }

  #take(json: string | null): void {
    if (json === this.#json) return
    const parsed: ParsedEntries = json === null ? { entries: [], faults: [] } : parseEntries(json, this.#key)
    const unusable = parsed.entries.length === 0 && parsed.faults.length > 0
    for (const { path, message } of parsed.faults) {
      const said = unusable
        ? 'The entries in etcd cannot be used; those from before go on'
        : 'An entry in etcd is refused'
      this.#options.log.error(said, { key: this.#key, path, reason: message })
    }
    this.#json = json
    if (!unusable) this.#options.onEntries(parsed.entries, json)
  }
}
