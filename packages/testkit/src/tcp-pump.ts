import type { Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'

/** What is broken now. Shared by all pumps of a proxy; the proxy alone changes it. */
export class Faults {
  readonly suspended = new Set<Direction>()
  blackHole = false
  latencyMs = 0
  bytesPerSecond = Infinity

  clear(): void {
    this.suspended.clear()
    this.blackHole = false
    this.latencyMs = 0
    this.bytesPerSecond = Infinity
  }
}

/** Changes what passes in one direction of one connection: gets each chunk as it comes and returns what may go on. */
export type Rewrite = (chunk: Buffer) => Buffer

/** Bytes held in one direction before the sender is no longer read from. */
const holdBytes = 256 * 1024

/** Moves the bytes of one direction of one connection, as late and as slowly as the faults say, in order. */
export class Pump {
  readonly #from: Socket
  readonly #to: Socket
  readonly #direction: Direction
  readonly #faults: Faults
  readonly #rewrite: Rewrite | null
  readonly #held: { chunk: Buffer; dueAt: number }[] = []
  #heldBytes = 0
  #ended = false
  #stopped = false
  #stranded = false
  #freeAt = 0
  #waitsForDrain = false
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, direction: Direction, faults: Faults, rewrite: Rewrite | null = null) {
    this.#from = from
    this.#to = to
    this.#direction = direction
    this.#faults = faults
    this.#rewrite = rewrite
    from.on('data', (chunk: Buffer) => this.#take(chunk))
    from.on('end', () => {
      if (faults.blackHole || this.#stranded) return
      this.#ended = true
      this.drain()
    })
    to.on('drain', () => {
      this.#waitsForDrain = false
      this.drain()
    })
    to.on('close', () => this.stop())
  }

  /** Writes what may go now and sets a timer for the rest. Harmless to call at any time. */
  drain(): void {
    clearTimeout(this.#timer)
    while (!this.#stopped && !this.#waitsForDrain && !this.#faults.suspended.has(this.#direction)) {
      const head = this.#held[0]
      if (head === undefined) {
        if (this.#ended && this.#to.writable) this.#to.end()
        return
      }
      const waitMs = Math.max(head.dueAt, this.#freeAt) - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.drain(), Math.ceil(waitMs))
        return
      }
      this.#held.shift()
      this.#write(head.chunk)
    }
  }

  /** From now on bytes vanish, and an end too, while the sockets stay open. */
  strand(): void {
    this.#stranded = true
    this.#held.length = 0
    this.#heldBytes = 0
    if (this.#from.isPaused()) this.#from.resume()
  }

  /** Drops what is held; nothing moves any more. */
  stop(): void {
    this.#stopped = true
    this.#held.length = 0
    clearTimeout(this.#timer)
  }

  #take(came: Buffer): void {
    if (this.#faults.blackHole || this.#stranded || this.#stopped) return
    const chunk = this.#rewrite === null ? came : this.#rewrite(came)
    // Small pieces, so that a slow link is slow and not stop-and-go.
    const pieceBytes = Math.max(1, Math.floor(this.#faults.bytesPerSecond / 50))
    const dueAt = performance.now() + this.#faults.latencyMs
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      this.#held.push({ chunk: chunk.subarray(at, Math.min(chunk.length, at + pieceBytes)), dueAt })
    }
    this.#heldBytes += chunk.length
    if (this.#heldBytes >= holdBytes) this.#from.pause()
    this.drain()
  }

  #write(chunk: Buffer): void {
    this.#heldBytes -= chunk.length
    if (this.#heldBytes < holdBytes && this.#from.isPaused()) this.#from.resume()
    if (this.#faults.blackHole) return
    this.#freeAt = performance.now() + (chunk.length / this.#faults.bytesPerSecond) * 1000
    if (this.#to.writable && !this.#to.write(chunk)) this.#waitsForDrain = true
  }
}
