import { read } from 'node:fs'

/** The one buffer that all harvesters read into, one after the other. Grows where a line is longer than a chunk. */
export class ReadBuffer {
  #bytes: Buffer

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes)
  }

  /** What was read last. Valid until the next `fill`. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** The buffer, large enough for so many bytes. */
  reserve(length: number): Buffer {
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length)
    return this.#bytes
  }

  /** Reads up to `length` bytes from `position` on; resolves to how many there were. Rejects with the system's error. */
  fill(fd: number, position: number, length: number): Promise<number> {
    return readAt(fd, this.reserve(length), position, length)
  }
}

/** Reads up to `length` bytes from `position` on into `into`; resolves to how many there were. */
export function readAt(fd: number, into: Buffer, position: number, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, length, position, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}
