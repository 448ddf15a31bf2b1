import { type Etcd3, type IKeyValue, type ITxnRequest, Range } from 'etcd3'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { conflictError } from '../store-errors.ts'
import type { ConfigStore, PutOptions, StoreChange, StoreItem } from '../store.ts'
import { createClient, defaultRequestTimeoutMs, type EtcdOptions } from './client.ts'
import { storeError } from './errors.ts'
import { watchOnce } from './watch.ts'

/** Keys of one read, so that no answer grows without bound. */
const pageKeys = 500

/**
 * ConfigStore on etcd. Reads and plain writes are tried on every endpoint in turn; a compare-and-swap is sent once, as one
 * whose answer was lost cannot be told from one that came too late: read again after `etcd_unavailable`.
 */
export class EtcdStore implements ConfigStore {
  readonly #client: Etcd3
  readonly #options: EtcdOptions
  readonly #closing = new AbortController()

  constructor(options: EtcdOptions) {
    this.#options = options
    this.#client = createClient(options)
  }

  async list(prefix: string): Promise<{ revision: number; items: StoreItem[] }> {
    const { start, end } = Range.prefix(prefix)
    return this.#attempt(`read ${prefix}`, true, async () => {
      const items: StoreItem[] = []
      let revision = 0
      let key = start
      for (;;) {
        const page = await this.#client.kv.range({ key, range_end: end, limit: pageKeys, revision })
        // Later pages are read at the revision of the first, so that all is of one moment.
        if (revision === 0) revision = Number(page.header.revision)
        items.push(...page.kvs.map(itemOf))
        const last = page.kvs.at(-1)
        if (!page.more || last === undefined) return { revision, items }
        key = Buffer.concat([last.key, Buffer.of(0)])
      }
    })
  }

  async watch(
    prefix: string,
    fromRevision: number,
    onChange: (change: StoreChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return
    const timeoutMs = this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs
    const either = AbortSignal.any([signal, this.#closing.signal])
    await this.#attempt(`watch ${prefix}`, false, () =>
      watchOnce(this.#client, { prefix, fromRevision, onChange, timeoutMs }, either),
    )
    if (!signal.aborted) throw storeError(undefined, `watch ${prefix}`, this.#options.endpoints)
  }

  async put(key: string, value: string, { ifRevision, lease }: PutOptions = {}): Promise<number> {
    const put = { key: Buffer.from(key), value: Buffer.from(value), ...(lease === undefined ? {} : { lease }) }
    if (ifRevision === undefined) {
      const answer = await this.#attempt(`write ${key}`, true, () => this.#client.kv.put(put))
      return Number(answer.header.revision)
    }
    const swap: ITxnRequest = {
      compare: [{ key: put.key, target: 'Mod', result: 'Equal', mod_revision: ifRevision }],
      success: [{ request_put: put }],
    }
    const answer = await this.#attempt(`write ${key}`, false, () => this.#client.kv.txn(swap))
    if (!answer.succeeded) throw conflictError(key)
    return Number(answer.header.revision)
  }

  async delete(key: string): Promise<boolean> {
    const request = { key: Buffer.from(key) }
    const answer = await this.#attempt(`delete ${key}`, true, () => this.#client.kv.deleteRange(request))
    return Number(answer.deleted) > 0
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#client.close()
  }

  /** Runs a request, a repeatable one on as many endpoints as there are, at least twice; turns errors into ours. */
  async #attempt<T>(what: string, repeatable: boolean, request: () => Promise<T>): Promise<T> {
    const { endpoints } = this.#options
    for (let left = repeatable ? Math.max(2, endpoints.length) : 1; ; left--) {
      try {
        return await request()
      } catch (error) {
        const mapped = isLogpipeError(error) ? error : storeError(error, what, endpoints)
        if (left <= 1 || !mapped.retriable || this.#closing.signal.aborted) throw mapped
      }
    }
  }
}

function itemOf(kv: IKeyValue): StoreItem {
  return { key: kv.key.toString('utf8'), value: kv.value.toString('utf8'), modRevision: Number(kv.mod_revision) }
}
