import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { closeAfter, type Scope } from './closing.ts'
import { Faults, Pump, type Direction, type Rewrite } from './tcp-pump.ts'

export interface TcpProxyOptions {
  /** Made for each connection: changes what the server sends. */
  rewrite?: () => Rewrite
}

/**
 * A TCP proxy before one server, to break the network on purpose. All faults act on the connections that stand and on those
 * that come. One test owns it; `close` (run at the end of the scope) leaves no socket and no timer.
 */
export class TcpProxy {
  /** `host:port` to give to the client; stays the same through `refuse` and `accept`. */
  readonly address: string
  readonly #server: Server
  readonly #port: number
  readonly #target: { host: string; port: number }
  readonly #faults = new Faults()
  readonly #rewrite: () => Rewrite | null
  readonly #links = new Set<Link>()

  private constructor(
    server: Server,
    port: number,
    target: { host: string; port: number },
    { rewrite }: TcpProxyOptions,
  ) {
    this.#rewrite = rewrite ?? (() => null)
    this.#server = server
    this.#port = port
    this.#target = target
    this.address = `127.0.0.1:${port}`
    server.on('connection', (client: Socket) => this.#link(client))
  }

  /** Listens on a free port of 127.0.0.1 and passes each connection on to `target` (`host:port` or a URL). */
  static async start(scope: Scope, target: string, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const url = new URL(target.includes('://') ? target : `tcp://${target}`)
    const server = createServer({ allowHalfOpen: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = new TcpProxy(server, port, { host: url.hostname, port: Number(url.port) }, options)
    closeAfter(scope, () => proxy.close())
    return proxy
  }

  /** Connections that stand now. */
  get connections(): number {
    return this.#links.size
  }

  /** Holds the bytes of one direction (both by default) back, losing none: the sender runs into a full window. */
  suspend(direction: Direction | 'both' = 'both'): void {
    for (const each of directions(direction)) this.#faults.suspended.add(each)
  }

  /** Lets held bytes go on. */
  resume(direction: Direction | 'both' = 'both'): void {
    for (const each of directions(direction)) this.#faults.suspended.delete(each)
    for (const link of this.#links) link.drain()
  }

  /** From now on bytes vanish both ways, ends and resets too; new connections are taken and never answered. */
  blackHole(): void {
    this.#faults.blackHole = true
    for (const link of this.#links) link.holed = true
  }

  /** The connections that stand become half-open: what is sent on them vanishes, ends and resets too. New ones are well. */
  strand(): void {
    for (const link of this.#links) link.strand()
  }

  /** Each chunk arrives this much later; 0 ends it. */
  setLatency(ms: number): void {
    this.#faults.latencyMs = ms
  }

  /** At most this much per connection and direction; Infinity ends it. */
  setBandwidth(bytesPerSecond: number): void {
    this.#faults.bytesPerSecond = bytesPerSecond
  }

  /** Resets (RST) all connections that stand, on both sides. */
  reset(): void {
    for (const link of this.#links) link.destroy()
  }

  /** Stops listening and resets all connections: a new connect is refused until `accept`. */
  async refuse(): Promise<void> {
    this.reset()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** Listens again after `refuse`, on the same port. */
  async accept(): Promise<void> {
    if (this.#server.listening) return
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Ends every fault. Connections that went through a black hole have lost bytes, so they are reset. */
  async heal(): Promise<void> {
    this.#faults.clear()
    for (const link of this.#links) {
      if (link.holed) link.destroy()
      else link.drain()
    }
    await this.accept()
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    this.#faults.clear()
    await this.refuse()
  }

  #link(client: Socket): void {
    const link = new Link(client, this.#faults, this.#target, this.#rewrite())
    link.onClose = () => this.#links.delete(link)
    this.#links.add(link)
  }
}

/** The two sockets of one connection and the two pumps between them. */
class Link {
  holed: boolean
  onClose: () => void = () => {}
  readonly #client: Socket
  readonly #server: Socket | null
  readonly #pumps: Pump[] = []
  readonly #faults: Faults

  constructor(client: Socket, faults: Faults, target: { host: string; port: number }, rewrite: Rewrite | null) {
    this.#client = client
    this.#faults = faults
    this.holed = faults.blackHole
    client.setNoDelay(true)
    client.on('error', () => this.#broken())
    client.on('close', () => this.#closed())
    if (this.holed) {
      client.resume()
      this.#server = null
      return
    }
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    this.#server = server
    server.on('error', () => this.#broken())
    server.on('close', () => this.#closed())
    this.#pumps.push(new Pump(client, server, 'toServer', faults))
    this.#pumps.push(new Pump(server, client, 'toClient', faults, rewrite))
  }

  drain(): void {
    for (const pump of this.#pumps) pump.drain()
  }

  strand(): void {
    this.holed = true
    for (const pump of this.#pumps) pump.strand()
  }

  destroy(): void {
    for (const pump of this.#pumps) pump.stop()
    for (const socket of [this.#client, this.#server]) {
      if (socket === null || socket.destroyed) continue
      // A socket that never got connected has nothing to reset; one whose end is on its way must not be (EINVAL): Node would never close it.
      if (socket.connecting || socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  /** One side was reset, or the server refuses: the other side shall see it, unless everything vanishes. */
  #broken(): void {
    if (!this.holed && !this.#faults.blackHole) this.destroy()
  }

  #closed(): void {
    if (this.#client.destroyed && (this.#server === null || this.#server.destroyed)) this.onClose()
  }
}

function directions(direction: Direction | 'both'): Direction[] {
  return direction === 'both' ? ['toServer', 'toClient'] : [direction]
}
