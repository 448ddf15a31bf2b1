import type { Socket } from 'node:net'
import type { Connection } from '@platformatic/kafka'

/** Bytes that belong into a request without being copied into it. */
export interface Insert {
  /** How many bytes of the request stand behind them. */
  readonly tailLength: number
  readonly bytes: Buffer
}

/** Told when a request has left the socket, or with why it has not. */
export type Written = (error?: Error | null) => void

interface Announced {
  readonly inserts: readonly Insert[]
  readonly written: Written | undefined
}

const produceApiKey = 0
const lengthBytes = 4

/**
 * Lets large buffers go to the socket as they are. The library joins each request into one new buffer before it writes it: a copy of
 * every batch, and as much garbage outside the heap, which costs more in collections than all else that the agent does (measured:
 * 40 % of its CPU). So the library gets the request without the batches, and they are put in where it is written.
 *
 *   library:  length | header | topic, partition, size |         | tags
 *   socket:   length + batch … size ──▶ [ batch ] ──▶ tags
 *
 * NOTE: inserts are matched with requests by order, which the library keeps on one connection; one without its insert would be refused by
 * the broker for its length, and one with another's by the batch's CRC or size, so that a mistake could not pass in silence.
 */
export class GatheredWrites {
  static readonly #known = new WeakMap<Connection, GatheredWrites>()
  readonly #queue: Announced[] = []

  private constructor(socket: Socket) {
    const write = socket.write.bind(socket) as Write
    socket.write = ((payload: Buffer): boolean => {
      const isProduce = payload.length > lengthBytes + 2 && payload.readInt16BE(lengthBytes) === produceApiKey
      const announced = isProduce ? this.#queue.shift() : undefined
      return announced === undefined ? write(payload) : writeGathered(socket, write, payload, announced)
    }) as Socket['write']
  }

  /** The gathered writes of this connection; from the first call on its produce requests must all be announced. */
  static of(connection: Connection): GatheredWrites {
    let known = this.#known.get(connection)
    if (known === undefined) {
      known = new GatheredWrites(connection.socket)
      this.#known.set(connection, known)
    }
    return known
  }

  /** Announces what belongs into the request that the library is handed next, in ascending order of position. */
  announce(inserts: readonly Insert[], written?: Written): void {
    this.#queue.push({ inserts, written })
  }
}

type Write = (bytes: Buffer, written?: Written) => boolean

function writeGathered(socket: Socket, write: Write, payload: Buffer, { inserts, written }: Announced): boolean {
  const inserted = inserts.reduce((sum, { bytes }) => sum + bytes.length, 0)
  payload.writeInt32BE(payload.length - lengthBytes + inserted, 0)
  socket.cork()
  let from = 0
  for (const { tailLength, bytes } of inserts) {
    const at = payload.length - tailLength
    write(payload.subarray(from, at))
    write(bytes)
    from = at
  }
  const isRoomLeft = write(payload.subarray(from), written)
  socket.uncork()
  return isRoomLeft
}
