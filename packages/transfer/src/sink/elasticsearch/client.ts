import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { Client, type ClientOptions, errors } from '@elastic/elasticsearch'
import {
  abortedError,
  Certificates,
  type CertificateTexts,
  describeError,
  type Logger,
  LogpipeError,
  tlsProblem,
} from '@logpipe/runtime'
import { NodeChoice } from './node-choice.ts'

export interface ElasticsearchOptions {
  nodes: readonly string[]
  username?: string
  password?: string
  apiKey?: string
  /** Certificates to trust: the path of a PEM file, which is read again when it changes, or PEM text. */
  ca?: string
  requestTimeoutMs: number
  /** Of what is sent. Default `none`. */
  compression?: 'none' | 'gzip'
}

export interface ElasticsearchRequest {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  query?: Record<string, string>
  body?: Buffer
  contentType?: 'application/json' | 'application/x-ndjson'
  /** Default `requestTimeoutMs`; four times that at most. */
  timeoutMs?: number
}

export interface ElasticsearchResponse {
  status: number
  body: Buffer
}

/** An answer beyond this is broken: a bulk of 100,000 items that all fail needs about 40 MB. */
const maxResponseBytes = 128 * 1_048_576
/** Below this, compression brings nothing. */
const minPackedBytes = 1_024
/** zlib works chunk by chunk, each a task of its own. */
const packing = { level: 1, chunkSize: 256 * 1_024 }
const gzip = promisify(zlib.gzip)
/** The most that a request may ask for. */
const longestTimeouts = 4

interface Node {
  /** As it is named in sentences. */
  readonly where: string
  readonly url: string
  /** Of this node alone: the choice among several is ours, since the client's own forgets who was silent when it is made anew. */
  client: Client
}

/** A node, or what stands before it, that answers so is asked less for a while. */
const unwell: readonly number[] = [502, 503, 504]

/**
 * Requests to Elasticsearch 7.17 to 9 on bytes, one try each, the nodes by turns. Any status is a value; no answer, or one that is cut off,
 * rejects with `elasticsearch_unavailable`, after the deadline with `deadline_exceeded`; an abort with `aborted`.
 */
export class ElasticsearchClient {
  readonly #options: ElasticsearchOptions
  readonly #certificates: Certificates
  /** Those of the client's connections. */
  #trusted: CertificateTexts
  readonly #nodes: readonly Node[]
  readonly #choice: NodeChoice

  /** Throws `settings_invalid` for a certificate that is none. */
  constructor(options: ElasticsearchOptions, log?: Logger) {
    const { ca } = options
    this.#options = options
    this.#certificates = new Certificates(ca === undefined ? {} : { ca }, 'Elasticsearch', log)
    this.#trusted = this.#certificates.current()
    const trusted = this.#trusted
    this.#nodes = options.nodes.map((url) => {
      return { where: withoutPassword(url), url, client: new Client(clientOptions(url, options, trusted)) }
    })
    this.#choice = new NodeChoice(this.#nodes.length)
  }

  /** How long a request may take that asks for nothing else. */
  get requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs
  }

  async request(request: ElasticsearchRequest, signal: AbortSignal): Promise<ElasticsearchResponse> {
    const { method, path, query, body, contentType = 'application/json' } = request
    const timeoutMs = request.timeoutMs ?? this.#options.requestTimeoutMs
    const isPacked = this.#options.compression === 'gzip' && body !== undefined && body.length >= minPackedBytes
    this.#trustAnew()
    const number = this.#choice.next()
    const node = this.#nodes[number] as Node
    const { client, where } = node
    // NOTE: the client's own deadline of a request is told to all who listen to the signal, as if it had aborted: it gets one of its own.
    const ending = new AbortController()
    const end = (): void => ending.abort()
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      end()
    }, timeoutMs)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    try {
      const sent = isPacked ? await gzip(body, packing) : body
      const response = await client.transport.request<Readable>(
        {
          method,
          path,
          ...(query === undefined ? {} : { querystring: query }),
          ...(sent === undefined ? {} : { body: sent }),
        },
        {
          // As a stream, the client hands over the bytes as they are: no string, no parsing, no error by status.
          asStream: true,
          meta: true,
          signal: ending.signal,
          // Plain content types: the versioned ones that the client would send are refused by other major versions.
          headers: {
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': contentType }),
            ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
          },
        },
      )
      const answer = { status: response.statusCode ?? 0, body: await readAll(response.body) }
      if (unwell.includes(answer.status)) this.#choice.failed(number)
      else this.#choice.answered(number)
      return answer
    } catch (error) {
      if (signal.aborted) throw abortedError(signal)
      this.#choice.failed(number)
      if (isLate || error instanceof errors.TimeoutError) {
        // Where one connection was silent to the deadline, those that stand idle are no better.
        if (node.client === client) this.#renew(node)
        const message = `Elasticsearch (${where}) gave no answer within ${timeoutMs / 1_000} s`
        throw new LogpipeError('deadline_exceeded', message, { retriable: true })
      }
      throw noAnswer(error, where)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map(({ client }) => client.close()))
  }

  /** Where other certificates are to be trusted, nothing else is asked by connections from before. */
  #trustAnew(): void {
    const trusted = this.#certificates.current()
    if (trusted === this.#trusted) return
    this.#trusted = trusted
    for (const node of this.#nodes) this.#renew(node)
  }

  /** Begins anew with fresh connections to a node. */
  #renew(node: Node): void {
    const old = node.client
    node.client = new Client(clientOptions(node.url, this.#options, this.#trusted))
    // Waits for what is still under way on it, which has its own deadline.
    old.close().catch(() => undefined)
  }
}

/** Why there was no answer, with what to do where we know. */
function noAnswer(error: unknown, where: string): LogpipeError {
  const tls = tlsProblem(error)
  const words = describeError(error)
  const hungUp = where.startsWith('http:') && /other side closed|socket hang up|ECONNRESET/.test(words)
  const said =
    tls?.sentence ?? (hungUp ? 'hung up; if it speaks TLS on this port, write `https://`' : 'gave no proper answer')
  return new LogpipeError('elasticsearch_unavailable', `Elasticsearch (${where}) ${said}`, {
    retriable: true,
    // Its words only: the client's error holds on to the body and to the headers, credentials among them.
    cause: new Error(tls?.reason ?? words),
  })
}

function clientOptions(node: string, options: ElasticsearchOptions, { ca }: CertificateTexts): ClientOptions {
  const { username, password, apiKey, requestTimeoutMs } = options
  const auth =
    apiKey !== undefined ? { apiKey } : username !== undefined && password !== undefined ? { username, password } : null
  return {
    node,
    // Of the connections; each request has its own, which none may exceed.
    requestTimeout: requestTimeoutMs * longestTimeouts,
    // Retries are ours: the client's would send a whole bulk again for one item.
    maxRetries: 0,
    // NOTE: the client's redaction walks through the body byte by byte: seconds for every failed bulk. We keep no such error.
    redaction: { type: 'off' },
    ...(auth === null ? {} : { auth }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  }
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxResponseBytes) throw new RangeError(`The answer is larger than ${maxResponseBytes} bytes.`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

function withoutPassword(node: string): string {
  const url = new URL(node)
  url.username = ''
  url.password = ''
  return url.toString().replace(/\/$/, '')
}
