import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import type { Identity } from '@logpipe/stack'
import { closeAfter, type Scope } from '../closing.ts'

export interface HttpsGateOptions {
  identity: Identity
  /** `Authorization` headers that are let in; see `basic` and `apiKey`. May be changed while it runs. */
  admitted: Set<string>
}

/**
 * HTTPS with sign-in before a server without them. The Elasticsearch that comes from Maven has no security, so this stands in for that
 * part of it: 401 in Elasticsearch's words for who is not admitted; all else is the real server's own answer.
 */
export class HttpsGate {
  /** `https://127.0.0.1:port` */
  readonly url: string
  /** Requests that were let through, and those that were not. */
  readonly counts = { admitted: 0, refused: 0 }
  readonly #target: URL
  readonly #server: Server

  private constructor(server: Server, target: URL, { admitted }: HttpsGateOptions) {
    this.#target = target
    this.#server = server
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
      const isAdmitted = admitted.has(incoming.headers.authorization ?? '')
      this.counts[isAdmitted ? 'admitted' : 'refused']++
      if (isAdmitted) this.#pass(incoming, answer)
      else refuse(incoming, answer)
    })
  }

  /** Listens on a free port of loopback and passes on to `target`, a URL. */
  static async start(scope: Scope, target: string, options: HttpsGateOptions): Promise<HttpsGate> {
    const { cert, key } = options.identity
    const server = createServer({ cert, key })
    // Clients that do not trust us end the handshake: theirs to tell, not ours.
    server.on('tlsClientError', () => {})
    const sockets = new Set<Duplex>()
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closeAfter(scope, async () => {
      server.close()
      // `closeAllConnections` knows none whose handshake has not ended.
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    })
    return new HttpsGate(server, new URL(target), options)
  }

  /** Shows another certificate from now on, and hangs up on all. */
  renew({ cert, key }: Identity): void {
    this.#server.setSecureContext({ cert, key })
    this.#server.closeAllConnections()
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const { authorization: _, ...headers } = incoming.headers
    const { hostname, port } = this.#target
    const { method, url: path } = incoming
    const onward = request({ hostname, port, method, path, headers: { ...headers, host: this.#target.host } })
    onward.on('response', (response) => {
      // The client has gone meanwhile.
      if (answer.destroyed) return void response.destroy()
      answer.writeHead(response.statusCode ?? 502, response.headers)
      pipeline(response, answer, () => {})
    })
    onward.on('error', () => answer.destroy())
    pipeline(incoming, onward, () => {})
  }
}

/** The header of a user name and a password. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** The header of an API key. */
export function apiKey(key: string): string {
  return `ApiKey ${key}`
}

function refuse(incoming: IncomingMessage, answer: ServerResponse): void {
  const reason =
    incoming.headers.authorization === undefined ? 'missing authentication credentials' : 'unable to authenticate'
  const error = { type: 'security_exception', reason: `${reason} for REST request [${incoming.url}]` }
  const body = JSON.stringify({ error: { root_cause: [error], ...error }, status: 401 })
  incoming.resume()
  answer.writeHead(401, {
    'content-type': 'application/json',
    'x-elastic-product': 'Elasticsearch',
    'www-authenticate': 'Basic realm="security", charset="UTF-8"',
  })
  answer.end(body)
}
