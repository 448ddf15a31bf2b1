import { LogpipeError } from '@logpipe/runtime'
import { type API, Connection } from '@platformatic/kafka'
import { fromClient } from '../errors.ts'
import type { ClusterOptions } from '../types.ts'

export interface BrokerAddress {
  host: string
  port: number
}

/**
 * What a connection is for. Kafka answers one connection's requests strictly in turn, so what may wait long (a fetch, a
 * join) gets a connection of its own and holds up nobody else.
 */
export type Lane = 'metadata' | 'control' | 'group' | `produce-${number}` | `fetch-${number}`

/** Requests in one lane without an answer yet, unless the caller bounds them more tightly. */
const maxInFlight = 5

const connectTimeoutMs = 5_000
const closeMs = 500
export const defaultRequestTimeoutMs = 30_000

/**
 * One connection per broker and lane, made when first asked for and again after it broke. Every error comes out as ours.
 */
export class Connections {
  readonly #options: ClusterOptions
  readonly #open = new Map<string, Promise<Connection>>()
  #closed = false

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  /** Sends one request of the library's API and resolves to its answer. Rejects with `kafka_*` or `aborted` codes. */
  async request<Arguments extends unknown[], Response>(
    broker: BrokerAddress,
    lane: Lane,
    api: API<Arguments, Response>,
    args: Arguments,
    what: string,
  ): Promise<Response> {
    const connection = await this.get(broker, lane)
    try {
      return await api.async(connection, ...args)
    } catch (error) {
      throw fromClient(error, what)
    }
  }

  /** The open connection to this broker in this lane. Rejects with `kafka_unavailable` where it cannot be opened. */
  async get(broker: BrokerAddress, lane: Lane): Promise<Connection> {
    if (this.#closed) throw new LogpipeError('aborted', 'The Kafka client is closed.')
    const key = `${broker.host}:${broker.port} ${lane}`
    const known = this.#open.get(key)
    if (known !== undefined) return await known
    const opening = this.#connect(broker, lane, () => {
      if (this.#open.get(key) === opening) this.#open.delete(key)
    })
    this.#open.set(key, opening)
    return await opening
  }

  async #connect(broker: BrokerAddress, lane: Lane, forget: () => void): Promise<Connection> {
    const { clientId, tls, sasl } = this.#options
    const connection = new Connection(clientId, {
      connectTimeout: this.#options.connectTimeoutMs ?? connectTimeoutMs,
      requestTimeout: this.#requestTimeoutMs(lane),
      maxInflights: maxInFlight,
      ...(tls ? { tls, tlsServerName: broker.host } : {}),
      ...(sasl ? { sasl } : {}),
    })
    connection.on('error', forget)
    connection.on('close', forget)
    try {
      await connection.connect(broker.host, broker.port)
    } catch (error) {
      forget()
      throw fromClient(error, `Broker ${broker.host}:${broker.port}`)
    }
    if (this.#closed) {
      await connection.close()
      throw new LogpipeError('aborted', 'The Kafka client is closed.')
    }
    // A peer that vanished without a word is noticed by the kernel: it asks after 30 s of silence.
    connection.socket.setKeepAlive(true, 30_000)
    return connection
  }

  #requestTimeoutMs(lane: Lane): number {
    // Whoever looks for a leader has other brokers to ask: one that hangs must not hold them up.
    if (lane === 'metadata') return 5_000
    // A join is answered when the whole group has rejoined: as long as the rebalance timeout.
    if (lane === 'group') return 120_000
    return this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs
  }

  /** Breaks the connection, failing what is in flight on it: for a broker that no longer answers. */
  async drop(broker: BrokerAddress, lane: Lane): Promise<void> {
    const key = `${broker.host}:${broker.port} ${lane}`
    const opening = this.#open.get(key)
    this.#open.delete(key)
    await opening?.then((connection) => connection.socket.destroy()).catch(() => undefined)
  }

  /** Closes all connections; what is in flight fails. Takes half a second at most, also where a broker hangs. */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(all.map((opening) => opening.then(closeSoon).catch(() => undefined)))
  }
}

/** The library waits until everything is written, which a broker that hangs never lets happen. */
async function closeSoon(connection: Connection): Promise<void> {
  const timer = setTimeout(() => connection.socket.destroy(), closeMs)
  try {
    await connection.close()
  } finally {
    clearTimeout(timer)
  }
}

/** `host:port` → its parts; rejects what is not of that form. */
export function parseBroker(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port < 1 || port > 65_535) {
    throw new LogpipeError('settings_invalid', `The broker address "${text}" must have the form host:port.`)
  }
  return { host, port }
}

/** One sentence of several brokers' failures. */
export function noBrokerAnswers(brokers: readonly BrokerAddress[], last: unknown): LogpipeError {
  const list = brokers.map(({ host, port }) => `${host}:${port}`).join(', ')
  return new LogpipeError('kafka_unavailable', `No Kafka broker answers (asked ${list}).`, {
    retriable: true,
    cause: last,
  })
}
