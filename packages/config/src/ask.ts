import { randomInt } from 'node:crypto'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime/errors'
import { followKeys } from './follow.ts'
import { buildKey, keysOf, parseKey } from './keys.ts'
import type { Leases } from './lease.ts'
import { type Box, maxMailBytes, readerOf } from './mail/mail.ts'
import { type ParseReply, type ParseRequest, readParseReply } from './mail/parse.ts'
import { type AgentReply, parseReply, type PreviewRequest } from './request.ts'
import type { ConfigStore } from './store.ts'

export interface AskOptions {
  store: ConfigStore & Leases
  prefix: string
  /** Ids of the agents that are asked. */
  agents: readonly string[]
  /** What they are asked; `waitMs` is how long they are waited for. */
  request: Omit<PreviewRequest, 'kind'>
}

/** What came of asking one agent; null: it did not answer in time. */
export interface Asked {
  agent: string
  reply: AgentReply | null
}

/** The least that etcd is asked for; it ends what an asker leaves behind who died. */
const leaseMs = 60_000
/** A number is a talk and one of these. */
const perTalk = 100_000
/** Requests written at once. */
const atOnce = 16
/** A watch alone is not trusted. */
const reconcileMs = 5_000

const noAnswer = 'Its answer cannot be read.'

/**
 * Asks agents for a preview, and waits until all have answered or `waitMs` is over; resolves with one result for each, in their order. Leaves no
 * request behind. Rejects with `settings_invalid` where the request is too large, with `etcd_unavailable` where it cannot be put, with `etcd_rejected` and
 * the right that is missing where it may not be put or its replies may not be read, with `aborted` when `signal` aborts.
 */
export async function askAgents({ store, prefix, agents, request }: AskOptions, signal: AbortSignal): Promise<Asked[]> {
  const read = (text: string, agent: string): AgentReply => {
    const reply = parseReply(text)
    return reply?.agent === agent ? reply : { kind: 'refused', agent, reason: noAnswer }
  }
  const value = JSON.stringify({ kind: 'preview', ...request } satisfies PreviewRequest)
  const { waitMs } = request
  const replies = await ask({ store, prefix, box: 'request', ids: agents, value, waitMs, read }, signal)
  return agents.map((agent, index) => ({ agent, reply: replies[index] ?? null }))
}

export interface AskTransferOptions extends Pick<AskOptions, 'store' | 'prefix'> {
  /** Its id. */
  transfer: string
  /** What it is asked; `waitMs` is how long it is waited for. */
  request: Omit<ParseRequest, 'kind'>
}

/** Asks a transfer what lines become; null: it did not answer in time. Leaves no request behind; rejects as `askAgents` does. */
export async function askTransfer(
  { store, prefix, transfer, request }: AskTransferOptions,
  signal: AbortSignal,
): Promise<ParseReply | null> {
  const read = (text: string): ParseReply =>
    readParseReply(text, transfer, request) ?? { kind: 'refused', transfer, reason: noAnswer }
  const value = JSON.stringify({ kind: 'parse', ...request } satisfies ParseRequest)
  const { waitMs } = request
  const [reply] = await ask({ store, prefix, box: 'transferRequest', ids: [transfer], value, waitMs, read }, signal)
  return reply ?? null
}

interface Asking<R> extends Pick<AskOptions, 'store' | 'prefix'> {
  box: Box
  ids: readonly string[]
  /** The request, the same for all. */
  value: string
  waitMs: number
  /** What the one with this id said. */
  read: (text: string, id: string) => R
}

/** Puts a request to each, and waits until all have replied or `waitMs` is over; null for who did not. */
async function ask<R>(asking: Asking<R>, signal: AbortSignal): Promise<(R | null)[]> {
  const { store, prefix, box, ids, value, waitMs } = asking
  const bytes = Buffer.byteLength(value)
  const who = `${readerOf[box]}s`
  if (bytes > maxMailBytes || ids.length > perTalk) {
    throw new LogpipeError(
      'settings_invalid',
      `The request (${bytes} bytes, ${ids.length} ${who}) is too large; at most ${maxMailBytes} bytes and ${perTalk} ${who} go. Ask for less at once.`,
    )
  }
  const talk = new Talk(asking)
  if (ids.length === 0) return []
  const time = new AbortController()
  const until = AbortSignal.any([signal, time.signal])
  const lease = await store.lease(leaseMs)
  let timer: NodeJS.Timeout | undefined
  const unreadable: LogpipeError[] = []
  try {
    const following = followKeys(
      {
        store,
        prefix: talk.repliesPrefix,
        reconcileMs,
        onChange: ({ items }) => {
          for (const item of items.values()) talk.take(item.key, item.value)
          if (talk.isOver) time.abort()
        },
        onReach: (error) => {
          // What etcd refuses to let us read never comes, however long we wait.
          if (!isLogpipeError(error, 'etcd_rejected')) return
          unreadable.push(withoutRight('read', who, keysOf(prefix, 'reply'), error))
          time.abort()
        },
      },
      until,
    )
    timer = setTimeout(() => time.abort(), waitMs)
    // What goes wrong with the requests is told by them; the following ends with `until`.
    const put = putAll(talk.requestKeys, (key) => store.put(key, value, { lease: lease.id }), until).catch((error) => {
      throw isLogpipeError(error, 'etcd_rejected') ? withoutRight('write', who, keysOf(prefix, box), error) : error
    })
    await Promise.all([put, following]).finally(() => time.abort())
  } finally {
    clearTimeout(timer)
    await lease.revoke()
  }
  const [refusal] = unreadable
  if (refusal !== undefined) throw refusal
  if (signal.aborted) throw new LogpipeError('aborted', `Asking the ${who} was stopped.`, { cause: signal.reason })
  return talk.results
}

/** Who asks needs both rights: to write the requests, and to read the replies. */
function withoutRight(right: 'read' | 'write', who: string, keys: string, cause: LogpipeError): LogpipeError {
  const what = right === 'read' ? `The replies of ${who} cannot be read` : `The ${who} cannot be asked`
  const todo = `it takes the right to ${right} below ${keys}: etcdctl role grant-permission ROLE ${right} --prefix=true ${keys}`
  return new LogpipeError('etcd_rejected', `${what}; ${todo}`, { cause })
}

async function putAll(
  keys: readonly string[],
  put: (key: string) => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  const left = [...keys]
  const one = async (): Promise<void> => {
    for (let key = left.shift(); key !== undefined && !signal.aborted; key = left.shift()) await put(key)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, keys.length) }, one))
}

/** One round of questions: a number for each who is asked, and what came back. */
class Talk<R> {
  readonly repliesPrefix: string
  readonly requestKeys: readonly string[]
  readonly #asking: Asking<R>
  readonly #first: number
  readonly #replies = new Map<number, R>()

  constructor(asking: Asking<R>) {
    const { prefix, box: kind, ids } = asking
    const talk = randomInt(1_000_000_000, 10_000_000_000)
    this.#asking = asking
    this.#first = talk * perTalk
    this.repliesPrefix = `${keysOf(prefix, 'reply')}${talk}`
    this.requestKeys = ids.map((id, index) => buildKey(prefix, { kind, id, number: this.#first + index }))
  }

  get isOver(): boolean {
    return this.#replies.size === this.#asking.ids.length
  }

  get results(): (R | null)[] {
    return this.#asking.ids.map((_, index) => this.#replies.get(index) ?? null)
  }

  take(key: string, value: string): void {
    const { prefix, ids, read } = this.#asking
    const parsed = parseKey(prefix, key)
    if (parsed?.kind !== 'reply') return
    const index = parsed.number - this.#first
    const id = ids[index]
    if (id === undefined || this.#replies.has(index)) return
    this.#replies.set(index, read(value, id))
  }
}
