import { write, writeSync } from 'node:fs'

export interface LineWriterOptions {
  /** Bytes that wait, at most; what comes beyond is dropped and counted. */
  maxWaitingBytes: number
  /** Called with the number of lines that were dropped, once lines pass again. */
  onDropped(count: number): void
}

/** A write that takes longer has met a reader that hangs. */
const stuckMs = 1_000
const retryMs = 10

/**
 * Writes lines to a file descriptor without ever stopping or failing the process: a reader that hangs, a full disk or a
 * closed pipe cost lines, and those are counted. One writer per descriptor.
 *
 * NOTE: pino's own destination blocks on such a reader when it is synchronous, and when it is not, it spins for ever at exit
 * on a full disk (sonic-boom's flushSync retries every error).
 */
export class LineWriter {
  readonly #fd: number
  readonly #options: LineWriterOptions
  #waiting: string[] = []
  #waitingBytes = 0
  #writing = false
  #writingSince = 0
  #dropped = 0

  constructor(fd: number, options: LineWriterOptions) {
    this.#fd = fd
    this.#options = options
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line)
    if (this.#waitingBytes + bytes > this.#options.maxWaitingBytes) {
      this.#dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += bytes
    if (!this.#writing) this.#next()
  }

  /** Writes what waits at the exit of the process, as far as it goes at once. */
  flushAtExit(): void {
    if (this.#writing && performance.now() - this.#writingSince > stuckMs) return
    try {
      writeSync(this.#fd, this.#waiting.join(''))
    } catch {
      // The descriptor takes nothing more; there is no one left to tell.
    }
    this.#waiting = []
  }

  #next(): void {
    if (this.#waiting.length === 0) {
      this.#writing = false
      return
    }
    const chunk = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#waitingBytes = 0
    this.#writing = true
    this.#writingSince = performance.now()
    this.#writeAll(chunk)
  }

  #writeAll(chunk: Buffer): void {
    write(this.#fd, chunk, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#writeAll(chunk), retryMs)
      else if (error !== null) this.#fail(chunk)
      else if (written < chunk.length) this.#writeAll(chunk.subarray(written))
      else this.#succeed()
    })
  }

  #fail(chunk: Buffer): void {
    this.#dropped += chunk.toString('latin1').split('\n').length - 1
    this.#next()
  }

  #succeed(): void {
    const dropped = this.#dropped
    this.#dropped = 0
    if (dropped > 0) this.#options.onDropped(dropped)
    this.#next()
  }
}
