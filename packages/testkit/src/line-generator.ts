import { closeSync, openSync, writeSync } from 'node:fs'
import { LineWriter } from './line.ts'

export interface LineGeneratorOptions {
  /** 8 hexadecimal digits, the same for all files of one run (`randomRun`). */
  run: string
  /** Number of the file in the run. It names the stream of lines, through all rotations of the file on disk. */
  file: number
  /** Bytes of a line without its newline. Default 200. */
  lineBytes?: number
  /** The characters that lines end with, for encodings that do not have the usual ones (two to four bytes each in UTF-8). */
  wide?: string
}

/** Bytes written at once. */
const chunkBytes = 1 << 20

/** Makes the lines of one file of a run, in sequence from 0. One owner. */
export class LineGenerator {
  readonly run: string
  readonly file: number
  readonly #writer: LineWriter
  readonly #buffer: Buffer
  #next = 0

  constructor(options: LineGeneratorOptions) {
    this.run = options.run
    this.file = options.file
    this.#writer = new LineWriter(options.run, options.file, options.lineBytes ?? 200, options.wide)
    this.#buffer = Buffer.allocUnsafe(Math.max(chunkBytes, this.#writer.stride))
  }

  /** Lines made so far. */
  get count(): number {
    return this.#next
  }

  /** The next `count` lines as bytes, as many as fit one chunk (1 MiB) at most. Valid until the next call. */
  chunk(count: number): Buffer {
    const fits = Math.floor(this.#buffer.length / this.#writer.stride)
    const last = this.#next + Math.min(count, fits)
    let at = 0
    for (; this.#next < last; this.#next++) at = this.#writer.write(this.#buffer, at, this.#next)
    return this.#buffer.subarray(0, at)
  }

  /** The next line as text, without its newline. */
  line(): string {
    return this.chunk(1).toString('utf8').slice(0, -1)
  }

  /** Appends the next `count` lines to the file at `path`, in large writes. Returns the bytes written. */
  appendTo(path: string, count: number): number {
    const fd = openSync(path, 'a')
    try {
      let written = 0
      for (const end = this.#next + count; this.#next < end;) {
        const bytes = this.chunk(end - this.#next)
        for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
        written += bytes.length
      }
      return written
    } finally {
      closeSync(fd)
    }
  }
}
