import type { Logger } from '@logpipe/runtime'
import { Backoff } from '@logpipe/runtime/backoff'
import { describeError, isLogpipeError } from '@logpipe/runtime/errors'
import { together } from '@logpipe/runtime/together'
import { Wakeup } from '@logpipe/runtime/wakeup'
import { followKeys } from '../follow.ts'
import { buildKey, keysOf, parseKey } from '../keys.ts'
import type { Leases } from '../lease.ts'
import type { ConfigStore, StoreItem } from '../store.ts'
import { type Box, readerOf } from './mail.ts'
import { Replies } from './replies.ts'

/** What a request is answered with: something that becomes JSON. */
export interface Reply {
  kind: string
}

/**
 * What to say to the request with this value at this key; null where nobody asks any more. Ends when `signal` aborts: the asker has gone, or we stop. Where
 * it rejects, the request goes without a reply, which the log says.
 */
export type Answer = (value: string, key: string, signal: AbortSignal) => Promise<Reply | null>

export interface MailboxOptions {
  store: ConfigStore & Leases
  prefix: string
  box: Box
  /** Id of the agent or transfer whose it is. */
  id: string
  log: Logger
  answer: Answer
  /** How long a reply stands at most. Default 60,000. */
  holdMs?: number
}

/** How often a reply is tried to be written while its request stands. */
const maxTries = 5
const idleMs = 60_000

/**
 * Answers requests to one agent or transfer, oldest first, one at a time: what has not been come to waits in the store, and goes with its asker. A reply stands until
 * its request goes, for a minute at most. One owner.
 */
export class Mailbox {
  readonly #options: MailboxOptions
  readonly #wakeup = new Wakeup()
  readonly #replies: Replies
  /** By key, requests as they stand; lives. */
  #items: ReadonlyMap<string, StoreItem> = new Map()
  /** Those that are done with: key, and the revision at which it was put. */
  readonly #done = new Map<string, number>()
  /** The request at hand, and what ends work on it. */
  #current: { key: string; gone: AbortController } | null = null

  constructor(options: MailboxOptions) {
    this.#options = options
    this.#replies = new Replies(options.store, options.holdMs ?? 60_000)
  }

  /** Answers until `signal` aborts; then takes back what stands. May be called again after that. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, prefix, box, id, log } = this.#options
    const follow = (until: AbortSignal): Promise<void> =>
      followKeys(
        {
          store,
          prefix: `${keysOf(prefix, box)}${id}/`,
          onChange: ({ items }) => this.#changed(items),
          onReach: (error) => {
            // An etcd that is away is told by who follows what stands there.
            if (error === null || isLogpipeError(error, 'etcd_unavailable')) return
            const reason = describeError(error)
            log.warn(`Requests to this ${readerOf[box]} cannot be read; its work goes on`, { reason })
          },
        },
        until,
      )
    try {
      await together([follow, (until) => this.#answerAll(until)], signal)
    } finally {
      await this.#replies.takeBackAll()
    }
  }

  #changed(items: ReadonlyMap<string, StoreItem>): void {
    this.#items = items
    for (const key of this.#done.keys()) if (!items.has(key)) this.#done.delete(key)
    this.#replies.keep((request) => items.has(request))
    if (this.#current !== null && !items.has(this.#current.key)) this.#current.gone.abort()
    this.#wakeup.wake()
  }

  async #answerAll(signal: AbortSignal): Promise<void> {
    const { box, log } = this.#options
    while (!signal.aborted) {
      const item = this.#next()
      if (item === null) {
        await this.#wakeup.sleep(idleMs, signal)
        continue
      }
      const gone = new AbortController()
      this.#current = { key: item.key, gone }
      try {
        await this.#answer(item, AbortSignal.any([signal, gone.signal]))
      } catch (error) {
        log.warn(`A request to this ${readerOf[box]} could not be answered`, {
          key: item.key,
          reason: describeError(error),
        })
      }
      this.#current = null
      if (this.#items.has(item.key)) this.#done.set(item.key, item.modRevision)
    }
  }

  /** The oldest request that is open. */
  #next(): StoreItem | null {
    let oldest: StoreItem | null = null
    for (const item of this.#items.values()) {
      if (this.#done.get(item.key) === item.modRevision) continue
      if (oldest === null || item.modRevision < oldest.modRevision) oldest = item
    }
    return oldest
  }

  async #answer(item: StoreItem, signal: AbortSignal): Promise<void> {
    const { prefix, box, answer, log } = this.#options
    const parsed = parseKey(prefix, item.key)
    // A key that no asker of ours makes: there is no place for a reply.
    if (parsed?.kind !== box) return
    const reply = await answer(item.value, item.key, signal)
    if (reply === null) return
    const key = buildKey(prefix, { kind: 'reply', number: parsed.number })
    const backoff = new Backoff({ baseMs: 200, maxMs: 2_000 })
    for (let left = maxTries; !signal.aborted; left--) {
      try {
        await this.#replies.put(item.key, key, JSON.stringify(reply))
        // It may have gone meanwhile.
        this.#replies.keep((request) => this.#items.has(request))
        log.debug('A request was answered', { key: item.key, kind: reply.kind })
        return
      } catch (error) {
        if (left <= 1 || !isLogpipeError(error, 'etcd_unavailable')) throw error
        await backoff.wait(signal).catch(() => undefined)
      }
    }
  }
}
