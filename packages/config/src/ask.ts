import { randomInt } from 'node:crypto'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime/errors'
import { followKeys } from './follow.ts'
import { buildKey, keysOf, parseKey } from './keys.ts'
import type { Leases } from './lease.ts'
import { type AgentReply, maxMailBytes, parseReply, type PreviewRequest } from './request.ts'
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

/**
 * Asks agents for a preview, and waits until all have answered or `waitMs` is over; resolves with one result for each, in their order. Leaves no
 * request behind. Rejects with `settings_invalid` where the request is too large, with `etcd_unavailable` where it cannot be put, with `etcd_rejected` and
 * the right that is missing where it may not be put or its replies may not be read, with `aborted` when `signal` aborts.
 */
export async function askAgents({ store, prefix, agents, request }: AskOptions, signal: AbortSignal): Promise<Asked[]> {
  const value = JSON.stringify({ kind: 'preview', ...request } satisfies PreviewRequest)
  const bytes = Buffer.byteLength(value)
  if (bytes > maxMailBytes || agents.length > perTalk) {
    throw new LogpipeError(
      'settings_invalid',
      `The request (${bytes} bytes, ${agents.length} agents) is too large; at most ${maxMailBytes} bytes and ${perTalk} agents go. Ask for fewer entries at once.`,
    )
  }
  const talk = new Talk(prefix, agents)
  if (agents.length === 0) return []
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
          unreadable.push(withoutRight('read', keysOf(prefix, 'reply'), error))
          time.abort()
        },
      },
      until,
    )
    timer = setTimeout(() => time.abort(), request.waitMs)
    // What goes wrong with the requests is told by them; the following ends with `until`.
    const put = putAll(talk.requestKeys, (key) => store.put(key, value, { lease: lease.id }), until).catch((error) => {
      throw isLogpipeError(error, 'etcd_rejected') ? withoutRight('write', keysOf(prefix, 'request'), error) : error
    })
    await Promise.all([put, following]).finally(() => time.abort())
  } finally {
    clearTimeout(timer)
    await lease.revoke()
  }
  const [refusal] = unreadable
  if (refusal !== undefined) throw refusal
  if (signal.aborted) throw new LogpipeError('aborted', 'Asking the agents was stopped.', { cause: signal.reason })
  return talk.results
}

/** Who asks needs both rights: to write the requests, and to read the replies. */
function withoutRight(right: 'read' | 'write', keys: string, cause: LogpipeError): LogpipeError {
  const what = right === 'read' ? 'The replies of agents cannot be read' : 'Agents cannot be asked'
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

/** One round of questions: a number for each agent, and what came back. */
class Talk {
  readonly repliesPrefix: string
  readonly requestKeys: readonly string[]
  readonly #prefix: string
  readonly #agents: readonly string[]
  readonly #first: number
  readonly #replies = new Map<number, AgentReply>()

  constructor(prefix: string, agents: readonly string[]) {
    const talk = randomInt(1_000_000_000, 10_000_000_000)
    this.#prefix = prefix
    this.#agents = agents
    this.#first = talk * perTalk
    this.repliesPrefix = `${keysOf(prefix, 'reply')}${talk}`
    this.requestKeys = agents.map((id, index) => buildKey(prefix, { kind: 'request', id, number: this.#first + index }))
  }

  get isOver(): boolean {
    return this.#replies.size === this.#agents.length
  }

  get results(): Asked[] {
    return this.#agents.map((agent, index) => ({ agent, reply: this.#replies.get(index) ?? null }))
  }

  take(key: string, value: string): void {
    const parsed = parseKey(this.#prefix, key)
    if (parsed?.kind !== 'reply') return
    const index = parsed.number - this.#first
    const agent = this.#agents[index]
    if (agent === undefined || this.#replies.has(index)) return
    const reply = parseReply(value)
    const isOwn = reply !== null && reply.agent === agent
    this.#replies.set(index, isOwn ? reply : { kind: 'refused', agent, reason: 'Its answer cannot be read.' })
  }
}
