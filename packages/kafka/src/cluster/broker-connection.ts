import {
  type Callback,
  Connection,
  type ConnectionOptions,
  type ResponseParser,
  type SASLOptions,
  type Writer,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka'
import type { ClusterOptions } from '../types.ts'

/** Longer ones a timer cannot hold; a connection is renewed after this time at the latest. */
const longestSessionMs = 2 ** 31 - 1

/**
 * A connection that knows what is under way on it, and for how long the broker lets it live (`connections.max.reauth.ms`).
 *
 * NOTE: the library would sign in again on the connection while requests are in flight, which brokers refuse (`ILLEGAL_SASL_STATE`); so
 * it is not told of the time, and `Connections` puts a fresh connection in the place of this one.
 */
export class BrokerConnection extends Connection {
  /** How long after the sign-in the broker takes requests, milliseconds; null: for ever. */
  readonly session: { lifetimeMs: number | null }
  #underWay = 0
  #onIdle: (() => void)[] = []

  constructor(
    clientId: string,
    options: Omit<ConnectionOptions, 'sasl'>,
    sasl: NonNullable<ClusterOptions['sasl']> | undefined,
  ) {
    const session: { lifetimeMs: number | null } = { lifetimeMs: null }
    super(clientId, sasl === undefined ? options : { ...options, sasl: signIn(sasl, session) })
    this.session = session
  }

  override send<Response>(
    apiKey: number,
    apiVersion: number,
    createPayload: () => Writer | Promise<Writer>,
    parser: ResponseParser<Response>,
    requestTags: boolean,
    responseTags: boolean,
    callback: Callback<Response>,
  ): void {
    this.#underWay++
    super.send(apiKey, apiVersion, createPayload, parser, requestTags, responseTags, (error, response) => {
      this.#underWay--
      if (this.#underWay === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
      callback(error, response)
    })
  }

  /**
   * Breaks the connection when an answer is awaited and no byte has come or gone for so long. To be called once it is connected.
   *
   * NOTE: the library's own deadline is one for the whole request: over a slow network, an answer that comes all the time and is not
   * complete by then would be asked for again, for ever.
   */
  breakOnSilence(ms: number): void {
    const { socket } = this
    socket.setTimeout(ms)
    socket.on('timeout', () => {
      if (this.#underWay > 0) socket.destroy(new Error(`nothing came or went for ${ms / 1_000} s`))
    })
  }

  /** Resolves when no request is under way: each has its answer, has run into its deadline, or broke with the connection. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#underWay === 0) resolve()
      else this.#onIdle.push(resolve)
    })
  }
}

function signIn(
  { mechanism, username, password }: NonNullable<ClusterOptions['sasl']>,
  session: { lifetimeMs: number | null },
): SASLOptions {
  return {
    mechanism,
    username,
    password,
    authenticate: (_mechanism, connection, api, _username, _password, _token, callback) => {
      const done: typeof callback = (error, response) => {
        if (error || response === undefined) {
          callback(error, response)
          return
        }
        const lifetimeMs = Number(response.sessionLifetimeMs)
        session.lifetimeMs = lifetimeMs > 0 ? Math.min(lifetimeMs, longestSessionMs) : null
        callback(null, { ...response, sessionLifetimeMs: 0n })
      }
      if (mechanism === 'PLAIN') saslPlain.authenticate(api, connection, username, password, done)
      else {
        const algorithm = mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512'
        saslScramSha.authenticate(api, connection, algorithm, username, password, saslScramSha.defaultCrypto, done)
      }
    },
  }
}
