import { Certificates, LogpipeError, type Logger } from '@logpipe/runtime'
import type { API, Connection } from '@platformatic/kafka'
import { fromClient } from '../errors.ts'
import type { ClusterOptions } from '../types.ts'
import { BrokerConnection } from './broker-connection.ts'
import { connectFailure } from './connect-failure.ts'
import { serverNameOf } from './tls.ts'

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
/** Megabytes may take minutes over a slow network: such requests are given up by silence, and by this at the latest. */
const bulkyRequestMs = 15 * 60_000
export const defaultRequestTimeoutMs = 30_000

/** A lane's connection, and when it may be used. */
interface Slot {
  connection: BrokerConnection
  opening: Promise<BrokerConnection>
  /** The one before it, whose last answers are still awaited. */
  retiring?: BrokerConnection
}

/**
 * One connection per broker and lane, made when first asked for and again after it broke or before the broker's time for it is over.
 * Every error comes out as ours.
 */
export class Connections {
  readonly #options: ClusterOptions
  /** Null without TLS. */
  readonly #certificates: Certificates | null
  /** What broke a connection, as the requests on it only learn that it was closed. */
  readonly #breaks = new WeakMap<Connection, unknown>()
  readonly #open = new Map<string, Slot>()
  #closed = false

  /** Throws `settings_invalid` where a certificate or key cannot be used. */
  constructor(options: ClusterOptions & { log?: Logger }) {
    const { tls, log } = options
    this.#options = options
    this.#certificates = tls === undefined ? null : new Certificates(tls, 'Kafka', log)
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
    if (this.#closed) throw closedError()
    const place = { broker, lane, key: keyOf(broker, lane) }
    let slot = this.#open.get(place.key)
    if (slot === undefined) {
      const connection = this.#make(place)
      slot = { connection, opening: Promise.resolve().then(() => this.#connect(connection, place)) }
      this.#open.set(place.key, slot)
    }
    return await slot.opening
  }

  /** The error of a first request on a fresh connection, which tells what the broker thinks of how we came. */
  firstFailure(error: unknown, broker: BrokerAddress, connection: Connection): LogpipeError {
    return connectFailure(this.#breaks.get(connection) ?? error, broker, this.#options)
  }

  #make({ broker, lane, key }: Place): BrokerConnection {
    const { clientId, sasl } = this.#options
    const options = {
      connectTimeout: this.#options.connectTimeoutMs ?? connectTimeoutMs,
      requestTimeout: isBulky(lane) ? bulkyRequestMs : this.#requestTimeoutMs(lane),
      maxInflights: maxInFlight,
      ...this.#tlsTowards(broker),
    }
    const connection = new BrokerConnection(clientId, options, sasl)
    const forget = (): void => {
      if (this.#open.get(key)?.connection === connection) this.#open.delete(key)
    }
    connection.on('error', (error) => {
      this.#breaks.set(connection, error)
      forget()
    })
    connection.on('close', forget)
    return connection
  }

  #tlsTowards({ host }: BrokerAddress) {
    if (this.#certificates === null) return {}
    const { serverName = host, rejectUnauthorized = true } = this.#options.tls ?? {}
    const secureContext = this.#certificates.secureContext()
    return { tls: { secureContext, rejectUnauthorized }, ...serverNameOf(serverName) }
  }

  async #connect(connection: BrokerConnection, place: Place): Promise<BrokerConnection> {
    const { broker, key } = place
    try {
      await connection.connect(broker.host, broker.port)
    } catch (error) {
      if (this.#open.get(key)?.connection === connection) this.#open.delete(key)
      throw connectFailure(error, broker, this.#options)
    }
    if (this.#closed) {
      await connection.close()
      throw closedError()
    }
    // A peer that vanished without a word is noticed by the kernel: it asks after 30 s of silence.
    connection.socket.setKeepAlive(true, 30_000)
    if (isBulky(place.lane)) connection.breakOnSilence(this.#requestTimeoutMs(place.lane))
    const { lifetimeMs } = connection.session
    if (lifetimeMs !== null) {
      // Not all connections of a fleet at the same moment.
      const timer = setTimeout(() => void this.#renew(connection, place), lifetimeMs * (0.6 + 0.2 * Math.random()))
      timer.unref()
      connection.once('close', () => clearTimeout(timer))
    }
    return connection
  }

  /** Puts a fresh connection in the place of one whose time is nearly over, between two requests: their order is kept. */
  async #renew(old: BrokerConnection, place: Place): Promise<void> {
    const isCurrent = (): boolean => !this.#closed && this.#open.get(place.key)?.connection === old
    if (!isCurrent()) return
    const connection = this.#make(place)
    try {
      await this.#connect(connection, place)
    } catch {
      // The broker ends the old one when its time is over; whoever then asks for a connection learns why there is none.
      return
    }
    if (!isCurrent()) return await closeSoon(connection)
    this.#open.set(place.key, { connection, retiring: old, opening: old.idle().then(() => connection) })
    await old.idle()
    await closeSoon(old)
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
    const key = keyOf(broker, lane)
    const slot = this.#open.get(key)
    this.#open.delete(key)
    slot?.retiring?.socket.destroy()
    await slot?.opening.then((connection) => connection.socket.destroy()).catch(() => undefined)
  }

  /** Closes all connections; what is in flight fails. Takes half a second at most, also where a broker hangs. */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(
      all.map(async ({ opening, retiring }) => {
        if (retiring !== undefined) await closeSoon(retiring)
        await opening.then(closeSoon).catch(() => undefined)
      }),
    )
  }
}

interface Place {
  broker: BrokerAddress
  lane: Lane
  key: string
}

function keyOf({ host, port }: BrokerAddress, lane: Lane): string {
  return `${host}:${port} ${lane}`
}

/** Whether batches go or come in this lane. */
function isBulky(lane: Lane): boolean {
  return lane.startsWith('produce-') || lane.startsWith('fetch-')
}

function closedError(): LogpipeError {
  return new LogpipeError('aborted', 'The Kafka client is closed.')
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
