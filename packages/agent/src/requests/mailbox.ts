import {
  type AgentReply,
  buildKey,
  type CollectEntry,
  type ConfigStore,
  type EntryPreview,
  followKeys,
  keysOf,
  type Leases,
  parseKey,
  parseRequest,
  type PreviewRequest,
  type StoreItem,
} from '@logpipe/config'
import { Backoff, describeError, isLogpipeError, type Logger, together, Wakeup } from '@logpipe/runtime'
import { Replies } from './replies.ts'

/** Says what entries would collect here; ends when `signal` aborts. */
export type AnswerPreview = (
  request: PreviewRequest,
  entries: readonly CollectEntry[],
  signal: AbortSignal,
) => Promise<EntryPreview[]>

export interface MailboxOptions {
  store: ConfigStore & Leases
  prefix: string
  /** Id of this agent. */
  agent: string
  log: Logger
  preview: AnswerPreview
  /** How long a reply stands at most. Default 60,000. */
  holdMs?: number
}

/** How often a reply is tried to be written while its request stands. */
const maxTries = 5
const idleMs = 60_000

/**
 * Answers requests to this agent, oldest first, one at a time: what has not been come to waits in the store, and goes with its asker. A reply stands until
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
    const { store, prefix, agent, log } = this.#options
    const follow = (until: AbortSignal): Promise<void> =>
      followKeys(
        {
          store,
          prefix: `${keysOf(prefix, 'request')}${agent}/`,
          onChange: ({ items }) => this.#changed(items),
          onReach: (error) => {
            // An etcd that is away is told by who follows the entries.
            if (error === null || isLogpipeError(error, 'etcd_unavailable')) return
            log.warn('Requests to this agent cannot be read; collecting goes on', { reason: describeError(error) })
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
    const { log } = this.#options
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
        log.warn('A request to this agent could not be answered', { key: item.key, reason: describeError(error) })
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
    const { prefix, log } = this.#options
    const parsed = parseKey(prefix, item.key)
    // A key that no asker of ours makes: there is no place for a reply.
    if (parsed?.kind !== 'request') return
    const reply = await this.#reply(item, signal)
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

  /** What to say; null where nobody asks any more. */
  async #reply({ key, value }: StoreItem, signal: AbortSignal): Promise<AgentReply | null> {
    const { agent, preview } = this.#options
    const parsed = parseRequest(value, key)
    if ('refused' in parsed) return { kind: 'refused', agent, reason: parsed.refused }
    const { request, entries } = parsed
    const until = AbortSignal.any([signal, AbortSignal.timeout(request.waitMs)])
    try {
      const rows = await preview(request, entries, until)
      return until.aborted ? null : { kind: 'preview', agent, entries: rows }
    } catch (error) {
      return { kind: 'refused', agent, reason: `The agent could not do it: ${describeError(error)}`.slice(0, 1_000) }
    }
  }
}
