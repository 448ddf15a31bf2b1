import { closeSync, openSync, writeSync } from 'node:fs'
import { closeAfter, LineGenerator, type LogDir, type Oracle, type Scope } from '@logpipe/testkit'

export interface FleetOptions {
  run: string
  files: number
  linesPerFile: number
  /** How long the writing of all lines takes. */
  durationMs: number
  /** Each file is renamed and made anew so often, the files one after the other. */
  rotateEveryMs: number
  lineBytes?: number
}

const tickMs = 50

/** Many programs that log at once, each to a file of its own, with rotation under them. */
export class WriterFleet {
  /** Share of the lines beyond which nothing is written for now; 1 writes all. */
  holdAt = 1
  readonly #options: FleetOptions
  readonly #writers: Writer[]

  constructor(scope: Scope, dir: LogDir, options: FleetOptions) {
    this.#options = options
    this.#writers = Array.from({ length: options.files }, (_, file) => new Writer(dir, file, options))
    closeAfter(scope, () => this.#writers.forEach((writer) => writer.close()))
  }

  /** Lines that stand in the files, whole. */
  get written(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.written, 0)
  }

  get total(): number {
    return this.#options.files * this.#options.linesPerFile
  }

  /** Tells the oracle what stands in the files now. */
  expect(oracle: Oracle): void {
    for (const writer of this.#writers) oracle.expect(writer.file, writer.written)
  }

  /** Writes all lines at an even pace, catching up after it was held, and resolves when they are written. */
  async write(signal: AbortSignal): Promise<void> {
    const { durationMs, rotateEveryMs, files, linesPerFile } = this.#options
    const started = performance.now()
    for (let done = 0; done < 1 && !signal.aborted;) {
      const elapsedMs = performance.now() - started
      done = Math.min(this.holdAt, elapsedMs / durationMs)
      this.#writers.forEach((writer, i) => {
        // Begins at a different moment for each, so that at any time some file is just being rotated; none in its first seconds:
        // a file that comes and goes between two scans of the agent is never seen.
        const rotations = Math.floor(elapsedMs / rotateEveryMs + (0.7 * i) / files)
        writer.tick(Math.floor(linesPerFile * done), rotations)
      })
      await new Promise((resolve) => setTimeout(resolve, tickMs))
    }
    for (const writer of this.#writers) writer.finish()
  }

  /** Writes one more line to the first file. */
  writeOne(): void {
    this.#writers[0]?.writeOne()
  }
}

/**
 * One program: keeps its file open and buffers, so the file often ends within a line; after a rename it goes on writing to the
 * renamed file for a tick before it opens a new one, as programs do that are told of a rotation.
 */
class Writer {
  readonly file: number
  readonly #dir: LogDir
  readonly #name: string
  readonly #generator: LineGenerator
  #fd: number
  #buffered: Buffer = Buffer.alloc(0)
  #rotations = 0
  #renamed = false

  constructor(dir: LogDir, file: number, { run, lineBytes = 200 }: FleetOptions) {
    this.file = file
    this.#dir = dir
    this.#name = `app-${String(file).padStart(2, '0')}.log`
    this.#generator = new LineGenerator({ run, file, lineBytes })
    this.#fd = openSync(dir.file(this.#name), 'a')
  }

  get written(): number {
    return this.#generator.count
  }

  tick(lines: number, rotations: number): void {
    if (this.#renamed) this.#reopen()
    else if (rotations > this.#rotations) this.#rename()
    const chunk = this.#generator.chunk(lines - this.#generator.count)
    if (chunk.length === 0) return
    const bytes = Buffer.concat([this.#buffered, chunk])
    // All but the second half of the last line.
    const end = bytes.length - 100
    this.#write(bytes.subarray(0, end))
    this.#buffered = bytes.subarray(end)
  }

  writeOne(): void {
    this.#write(this.#generator.chunk(1))
  }

  finish(): void {
    this.#write(this.#buffered)
    this.#buffered = Buffer.alloc(0)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #rename(): void {
    this.#rotations++
    this.#dir.rotateAway(this.#name)
    this.#renamed = true
  }

  #reopen(): void {
    this.finish()
    closeSync(this.#fd)
    this.#fd = openSync(this.#dir.file(this.#name), 'a')
    this.#renamed = false
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at)
  }
}
