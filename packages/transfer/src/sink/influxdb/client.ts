import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { InfluxdbSettings } from '@logpipe/config'
import { abortedError, Certificates, describeError, type Logger, LogpipeError, tlsProblem } from '@logpipe/runtime'

export type InfluxdbOptions = Pick<
  InfluxdbSettings,
  'url' | 'username' | 'password' | 'token' | 'ca' | 'requestTimeoutMs' | 'inFlight'
>

export interface InfluxdbRequest {
  method: 'GET' | 'POST'
  path: string
  query?: Record<string, string>
  body?: Buffer
  contentType?: 'text/plain; charset=utf-8' | 'application/x-www-form-urlencoded'
}

export interface InfluxdbResponse {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** An answer beyond this is broken: InfluxDB names the lines that it does not take, so it can be as long as a request. */
const maxResponseBytes = 32 * 1_048_576

/**
 * NOTE: InfluxDB 1.x repeats its error in a header as well, with the lines that it does not take, whatever they hold and however
 * long they are. Such an answer must be read, or the request would be sent again for ever.
 */
const lenient = { maxHeaderSize: maxResponseBytes, insecureHTTPParser: true }

/**
 * Requests to InfluxDB on bytes, one try each. Any status is a value; no answer, or one that is cut off, rejects with
 * `influxdb_unavailable`; an abort with `aborted`.
 */
export class InfluxdbClient {
  /** For sentences: where we tried. */
  readonly url: string
  readonly #options: InfluxdbOptions
  readonly #certificates: Certificates
  readonly #agent: HttpAgent | HttpsAgent

  /** Throws `settings_invalid` for a certificate that is none. */
  constructor(options: InfluxdbOptions, log?: Logger) {
    const { ca } = options
    this.#options = options
    this.#certificates = new Certificates(ca === undefined ? {} : { ca }, 'InfluxDB', log)
    this.url = options.url.replace(/\/$/, '')
    // One more than writes, so that a question need not wait for them.
    const connections = { keepAlive: true, maxSockets: options.inFlight + 1 }
    this.#agent = this.url.startsWith('https:') ? new HttpsAgent(connections) : new HttpAgent(connections)
  }

  async request(request: InfluxdbRequest, signal: AbortSignal): Promise<InfluxdbResponse> {
    const { requestTimeoutMs } = this.#options
    const deadline = AbortSignal.timeout(requestTimeoutMs)
    try {
      return await this.#send(request, AbortSignal.any([signal, deadline]))
    } catch (error) {
      if (signal.aborted) throw abortedError(signal)
      const tls = tlsProblem(error)
      const why = deadline.aborted ? ` within ${requestTimeoutMs} ms` : ''
      const said = tls?.sentence ?? `gave no proper answer${why}`
      throw new LogpipeError('influxdb_unavailable', `InfluxDB (${this.url}) ${said}`, {
        retriable: true,
        // Its words only: the error may hold on to the request and its credentials.
        cause: new Error(tls?.reason ?? describeError(error)),
      })
    }
  }

  /** Ends the connections; what is under way fails. */
  async close(): Promise<void> {
    this.#agent.destroy()
  }

  #send({ method, path, query, body, contentType }: InfluxdbRequest, signal: AbortSignal): Promise<InfluxdbResponse> {
    const url = new URL(this.url + path)
    url.search = new URLSearchParams(query).toString()
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const headers = {
      'user-agent': 'logtransfer',
      accept: 'application/json',
      ...this.#authorization(),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(body === undefined ? {} : { 'content-length': body.length }),
    }
    // Given with each request: the agent opens connections of their own for other ones.
    const { ca } = this.#certificates.current()
    const options = { method, agent: this.#agent, headers, signal, ...lenient, ...(ca === undefined ? {} : { ca }) }
    return new Promise((resolve, reject) => {
      const request = send(url, options, (response) => {
        readAll(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
          reject,
        )
      })
      request.once('error', reject)
      request.end(body)
    })
  }

  #authorization(): { authorization?: string } {
    const { username, password, token } = this.#options
    if (token !== undefined) return { authorization: `Token ${token}` }
    if (username === undefined) return {}
    return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` }
  }
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxResponseBytes) throw new RangeError(`The answer is larger than ${maxResponseBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
