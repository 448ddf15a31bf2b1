import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { closeAfter, type Scope } from './closing.ts'

/** A bulk request on its way. */
export interface BulkRequest {
  /** How many came before it. */
  readonly number: number
  readonly body: Buffer
  /** Each item as it stands in the body: action and document, two lines. */
  readonly items: readonly Buffer[]
}

/** What goes wrong with a bulk request. Only the first two make an answer up; in the others the real server has done it all. */
export type BulkFault =
  /** Nothing of it reaches the server; this is the answer. */
  | { readonly kind: 'refused'; readonly status: number; readonly body?: string }
  /** These items never reach the server and are answered so; it does the others. */
  | {
      readonly kind: 'items'
      readonly status: number
      readonly type: string
      readonly reason: string
      readonly isHit: (item: Buffer, index: number) => boolean
    }
  /** The connection is reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** There is never an answer; the connection stays. */
  | { readonly kind: 'mute' }
  /** The answer ends in its middle, although it was announced whole. */
  | { readonly kind: 'cut' }
  /** The answer ends in its middle, and is announced so. */
  | { readonly kind: 'garbled' }
  /** The answer lacks its last item. */
  | { readonly kind: 'short' }

/** What is done to bulk requests. */
export interface BulkScript {
  /** Called when the request has come whole and nothing of it has reached the server: returns what goes wrong with it. */
  before?(bulk: BulkRequest): BulkFault | null | Promise<BulkFault | null>
  /** Called when the server has done it; the answer goes on when it resolves. */
  done?(bulk: BulkRequest): void | Promise<void>
}

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/**
 * An HTTP proxy before one real Elasticsearch, for answers that it cannot be made to give when a test needs them. What it does not
 * answer itself ends in the real index, so that an oracle can count there. One test owns it.
 */
export class ElasticsearchProxy {
  /** To give to the client. */
  readonly url: string
  /** Bulk requests that came so far. */
  bulks = 0
  readonly #target: string
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true })
  #script: BulkScript = {}

  private constructor(server: Server, target: string) {
    this.#server = server
    this.#target = target
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (incoming, response) => void this.#handle(incoming, response))
  }

  /** Listens on a free port of 127.0.0.1; `target` is the URL of the real server. */
  static async start(scope: Scope, target: string): Promise<ElasticsearchProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new ElasticsearchProxy(server, target)
    closeAfter(scope, () => proxy.#close())
    return proxy
  }

  /** From the next bulk request on, this happens to them; nothing by default. */
  play(script: BulkScript = {}): void {
    this.#script = script
  }

  async #close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    this.#agent.destroy()
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readAll(incoming)
      const isBulk = incoming.url?.split('?')[0] === '/_bulk'
      if (isBulk) await this.#bulk(incoming, response, body)
      else send(response, await this.#forward(incoming, body))
    } catch {
      // Whoever asked is gone, or the server is: the other one shall see it.
      response.destroy()
    }
  }

  async #bulk(incoming: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const bulk = { number: this.bulks++, body, items: itemsOf(body) }
    const script = this.#script
    const fault = (await script.before?.(bulk)) ?? null
    if (fault?.kind === 'refused') {
      send(response, { status: fault.status, headers: madeUp, body: Buffer.from(fault.body ?? '') })
      return
    }
    const answer =
      fault?.kind === 'items' ? await this.#without(incoming, bulk, fault) : await this.#forward(incoming, body)
    await script.done?.(bulk)
    switch (fault?.kind) {
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'mute':
        return
      case 'cut':
        response.writeHead(answer.status, withLength(answer.headers, answer.body.length))
        response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy())
        return
      case 'garbled':
        send(response, { ...answer, body: answer.body.subarray(0, answer.body.length / 2) })
        return
      case 'short':
        send(response, { ...answer, body: changeItems(answer.body, (items) => items.slice(0, -1)) })
        return
      default:
        send(response, answer)
    }
  }

  /** Has the server do the items that are not hit, and puts the others' answers between. */
  async #without(
    incoming: IncomingMessage,
    { items }: BulkRequest,
    { isHit, status, type, reason }: Extract<BulkFault, { kind: 'items' }>,
  ): Promise<Answer> {
    const hits = items.map(isHit)
    const rest = items.filter((_, index) => hits[index] === false)
    const none: Answer = { status: 200, headers: madeUp, body: Buffer.from('{"errors":false,"items":[]}') }
    const answer = rest.length === 0 ? none : await this.#forward(incoming, Buffer.concat(rest))
    if (answer.status !== 200 || rest.length === items.length) return answer
    const body = changeItems(answer.body, (done) => {
      const left = done[Symbol.iterator]()
      return hits.map((hit) => (hit ? { create: { status, error: { type, reason } } } : left.next().value))
    })
    return { ...answer, body }
  }

  #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    // Compressed answers could not be changed.
    const { host: _, 'accept-encoding': __, ...rest } = headers
    const options = { method, agent: this.#agent, headers: withLength(rest, body.length) }
    const outgoing = request(new URL(url ?? '/', this.#target), options, (answer) => {
      readAll(answer).then(
        (read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
    return promise
  }
}

const madeUp = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' }

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, withLength(headers, body.length))
  response.end(body)
}

function withLength(headers: IncomingMessage['headers'], length: number): IncomingMessage['headers'] {
  const { 'transfer-encoding': _, ...rest } = headers
  return { ...rest, 'content-length': String(length) }
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function itemsOf(body: Buffer): Buffer[] {
  const items: Buffer[] = []
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(0x0a, body.indexOf(0x0a, start) + 1) + 1
    items.push(body.subarray(start, end))
    start = end
  }
  return items
}

function changeItems(body: Buffer, change: (items: unknown[]) => unknown[]): Buffer {
  const { items } = JSON.parse(body.toString('utf8')) as { items: unknown[] }
  const changed = change(items)
  return Buffer.from(JSON.stringify({ errors: changed.some(hasError), items: changed }))
}

function hasError(item: unknown): boolean {
  return ((item as { create?: { status?: number } }).create?.status ?? 0) >= 300
}
