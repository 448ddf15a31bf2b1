import { type Etcd3, type ICompare, type IKeyValue, type IRequestOp, type ITxnResponse, Range } from 'etcd3'
import { Certificates } from '@logpipe/runtime/certificates'
import { isLogpipeError, type LogpipeError } from '@logpipe/runtime/errors'
import { conflictError } from '../store-errors.ts'
import type { Lease, Leases } from '../lease.ts'
import type { ConfigStore, DeleteOptions, Fence, ListOptions, PutOptions, StoreChange, StoreItem } from '../store.ts'
import { defaultRequestTimeoutMs, type EtcdOptions } from './client.ts'
import { storeError, tlsError } from './errors.ts'
import { keepLease, type LeaseCalls, renewOnce } from './lease.ts'
import { Member } from './member.ts'
import { probeTls } from './probe.ts'
import { watchOnce } from './watch.ts'

/** How long a member may take to show what is wrong with TLS. */
const probeMs = 2_000

/** Keys of one read, so that no answer grows without bound. */
const pageKeys = 500

/**
 * ConfigStore on etcd. Talks to one member until that fails, then to the next. Reads and plain writes are tried on each in
 * turn; a compare-and-swap is sent once, as one whose answer was lost cannot be told from one that came too late: read
 * again after `etcd_unavailable`.
 *
 * NOTE: one library client per member, because the library picks a member at random for each request, a dead one too.
 */
export class EtcdStore implements ConfigStore, Leases {
  readonly #members: readonly Member[]
  readonly #options: EtcdOptions
  readonly #certificates: Certificates | null
  readonly #closing = new AbortController()
  #current = 0

  /** Throws `settings_invalid` where a certificate or key cannot be used. */
  constructor(options: EtcdOptions) {
    this.#options = options
    const { endpoints, username, password, tls, log } = options
    const account = username === undefined || password === undefined ? null : { username, password }
    this.#certificates = tls === undefined ? null : new Certificates(tls, 'etcd', log)
    this.#members = endpoints.map((endpoint) => new Member(endpoint, options, this.#certificates, account))
  }

  async list(
    prefix: string,
    { from = prefix, limit = Infinity }: ListOptions = {},
  ): Promise<{ revision: number; items: StoreItem[] }> {
    const { start, end } = Range.prefix(prefix)
    const wanted = Buffer.from(from)
    const first = Buffer.compare(wanted, start) > 0 ? wanted : start
    return this.#attempt(`read ${prefix}`, true, async ({ kv }) => {
      const items: StoreItem[] = []
      let revision = 0
      let key = first
      for (;;) {
        const page = await kv.range({ key, range_end: end, limit: Math.min(pageKeys, limit - items.length), revision })
        // Later pages are read at the revision of the first, so that all is of one moment.
        if (revision === 0) revision = Number(page.header.revision)
        items.push(...page.kvs.map(itemOf))
        const last = page.kvs.at(-1)
        if (!page.more || last === undefined || items.length >= limit) return { revision, items }
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
    await this.#attempt(`watch ${prefix}`, false, (member) =>
      watchOnce(member, { prefix, fromRevision, onChange, timeoutMs }, either),
    )
    if (!signal.aborted) throw storeError(undefined, `watch ${prefix}`, this.#options)
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    const { lease } = options
    const put = { key: Buffer.from(key), value: Buffer.from(value), ...(lease === undefined ? {} : { lease }) }
    const answer = isConditional(options)
      ? await this.#swap(`write ${key}`, key, { request_put: put }, options)
      : await this.#attempt(`write ${key}`, true, ({ kv }) => kv.put(put))
    return Number(answer.header.revision)
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    const request = { key: Buffer.from(key) }
    if (!isConditional(options)) {
      const answer = await this.#attempt(`delete ${key}`, true, ({ kv }) => kv.deleteRange(request))
      return Number(answer.deleted) > 0
    }
    const answer = await this.#swap(`delete ${key}`, key, { request_delete_range: request }, options)
    return Number(answer.responses[0]?.response_delete_range?.deleted ?? 0) > 0
  }

  async lease(ttlMs: number): Promise<Lease> {
    const timeoutMs = this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs
    const grantedAt = performance.now()
    // One that is granted twice because an answer was lost ends by itself.
    const { ID: id, TTL } = await this.#attempt('take a lease', true, ({ leaseClient }) =>
      leaseClient.leaseGrant({ TTL: Math.ceil(ttlMs / 1_000) }),
    )
    const calls: LeaseCalls = {
      renew: (lease) => this.#attempt('renew a lease', true, (member) => renewOnce(member, lease, timeoutMs)),
      revoke: async (lease) => {
        await this.#attempt('end a lease', true, ({ leaseClient }) => leaseClient.leaseRevoke({ ID: lease }))
      },
    }
    return keepLease({ id, ttlMs: Number(TTL) * 1_000, grantedAt }, calls, this.#closing.signal)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    for (const member of this.#members) member.close()
  }

  /** Does `request`, and writes what is to stand beside it, where the conditions hold; sent once. */
  async #swap(what: string, key: string, request: IRequestOp, options: DeleteOptions): Promise<ITxnResponse> {
    const { ifRevision, fence, beside = [] } = options
    const others = beside.map((one) => ({
      request_put: { key: Buffer.from(one.key), value: Buffer.from(one.value) },
    }))
    const compare = [...unchanged(Buffer.from(key), ifRevision), ...standing(fence)]
    const answer = await this.#attempt(what, false, ({ kv }) => kv.txn({ compare, success: [request, ...others] }))
    if (!answer.succeeded) throw conflictError(key)
    return answer
  }

  /** Sends a request, a repeatable one to each member in turn, at least twice; turns errors into ours. */
  async #attempt<T>(what: string, repeatable: boolean, send: (client: Etcd3) => Promise<T>): Promise<T> {
    const { endpoints } = this.#options
    for (let left = repeatable ? Math.max(2, endpoints.length) : 1; ; left--) {
      const at = this.#current
      const member = this.#members[at] as Member
      try {
        return await member.send(send)
      } catch (error) {
        const mapped = isLogpipeError(error) ? error : storeError(error, what, this.#options)
        if (mapped.code !== 'etcd_unavailable' || this.#closing.signal.aborted) throw mapped
        // Requests that fail together move on by one, not by as many as they are.
        if (this.#current === at) this.#current = (at + 1) % this.#members.length
        if (left <= 1) throw await this.#withReason(mapped, member)
      }
    }
  }

  /** The error with what is wrong with TLS, which gRPC often leaves out, in the place of its own words. */
  async #withReason(error: LogpipeError, { endpoint }: Member): Promise<LogpipeError> {
    if (!(error.cause instanceof Error && error.cause.message.startsWith('14 UNAVAILABLE'))) return error
    const { serverName } = this.#options.tls ?? {}
    const shown = { ...this.#certificates?.current(), ...(serverName === undefined ? {} : { serverName }) }
    const problem = await probeTls(endpoint, shown, probeMs)
    return problem === null ? error : tlsError(error.message, endpoint, problem)
  }
}

function isConditional({ ifRevision, fence, beside = [] }: DeleteOptions): boolean {
  return ifRevision !== undefined || fence !== undefined || beside.length > 0
}

function unchanged(key: Buffer, ifRevision: number | undefined): ICompare[] {
  return ifRevision === undefined ? [] : [{ key, target: 'Mod', result: 'Equal', mod_revision: ifRevision }]
}

function standing(fence: Fence | undefined): ICompare[] {
  if (fence === undefined) return []
  const { key, createRevision } = fence
  return [{ key: Buffer.from(key), target: 'Create', result: 'Equal', create_revision: createRevision }]
}

function itemOf({ key, value, mod_revision, lease }: IKeyValue): StoreItem {
  const item = { key: key.toString('utf8'), value: value.toString('utf8'), modRevision: Number(mod_revision) }
  return lease === '0' ? item : { ...item, lease }
}
