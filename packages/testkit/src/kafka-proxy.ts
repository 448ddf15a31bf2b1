import { LogpipeError } from '@logpipe/runtime'
import type { Scope } from './closing.ts'
import type { Rewrite } from './tcp-pump.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** Answers that may name brokers are smaller than this by far; larger ones pass as they are. */
const maxAnswerBytes = 1 << 20

/**
 * Proxies before all brokers of a cluster. A client that is given these addresses stays behind them: the brokers' own addresses, where
 * an answer names them, are replaced by the proxies'. Uncompressed records that hold such an address would be changed, too.
 */
export class KafkaProxy {
  /** `host:port` each, for the client. */
  readonly addresses: readonly string[]
  /** The proxy before each broker, in the order of `addresses`. */
  readonly brokers: readonly TcpProxy[]

  private constructor(proxies: readonly TcpProxy[]) {
    this.brokers = proxies
    this.addresses = proxies.map(({ address }) => address)
  }

  /** `brokers` are `host:port`, as the brokers themselves name them to clients. */
  static async start(scope: Scope, brokers: readonly string[]): Promise<KafkaProxy> {
    const changes: Change[] = []
    const rewrite = (): Rewrite => answers(changes)
    const proxies = await Promise.all(brokers.map((broker) => TcpProxy.start(scope, broker, { rewrite })))
    for (const [i, broker] of brokers.entries()) {
      const change = { from: endpoint(broker), to: endpoint(proxies[i]?.address ?? '') }
      if (change.from.length !== change.to.length) {
        throw new LogpipeError('internal', `${broker} cannot be proxied: only brokers on 127.0.0.1 can.`)
      }
      changes.push(change)
    }
    return new KafkaProxy(proxies)
  }

  /** From now on bytes vanish both ways, on connections that stand and on new ones. */
  blackHole(): void {
    for (const proxy of this.brokers) proxy.blackHole()
  }

  /** Requests reach Kafka, which does them; its answers are held back. */
  holdAnswers(): void {
    for (const proxy of this.brokers) proxy.suspend('toClient')
  }

  /** Resets all connections and refuses new ones. */
  async refuse(): Promise<void> {
    await Promise.all(this.brokers.map((proxy) => proxy.refuse()))
  }

  /** Resets all connections; new ones are taken. */
  reset(): void {
    for (const proxy of this.brokers) proxy.reset()
  }

  /** Ends every fault. */
  async heal(): Promise<void> {
    await Promise.all(this.brokers.map((proxy) => proxy.heal()))
  }
}

/** The bytes of a broker's address in an answer, and those that take their place: the same number of them. */
interface Change {
  readonly from: Buffer
  readonly to: Buffer
}

/** An address as the protocol writes it: the host's text, then the port in four bytes. */
function endpoint(address: string): Buffer {
  const { hostname, port } = new URL(`tcp://${address}`)
  const bytes = Buffer.alloc(hostname.length + 4)
  bytes.write(hostname, 'latin1')
  bytes.writeInt32BE(Number(port), hostname.length)
  return bytes
}

/** Puts the chunks of one connection together to whole answers (four bytes of length, then so many) and changes addresses in them. */
function answers(changes: readonly Change[]): Rewrite {
  let held: Buffer = Buffer.alloc(0)
  /** Bytes still to come of an answer that passes as it is. */
  let passing = 0
  return (chunk) => {
    const out: Buffer[] = []
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    while (held.length >= 4 || passing > 0) {
      if (passing === 0 && held.readInt32BE(0) > maxAnswerBytes) passing = 4 + held.readInt32BE(0)
      const whole = passing > 0 ? Math.min(passing, held.length) : 4 + held.readInt32BE(0)
      if (whole === 0 || held.length < whole) break
      const answer = held.subarray(0, whole)
      held = held.subarray(whole)
      if (passing > 0) passing -= whole
      else for (const { from, to } of changes) replace(answer, from, to)
      out.push(answer)
    }
    return Buffer.concat(out)
  }
}

function replace(bytes: Buffer, from: Buffer, to: Buffer): void {
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + to.length)) to.copy(bytes, at)
}
