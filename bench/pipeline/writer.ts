import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@logpipe/runtime'
import { lineBytes } from '../lib/access-log.ts'
import { nginxLine } from '../lib/nginx-log.ts'

/** Lines that the files repeat; made once, so that writing costs next to nothing. */
const blockLines = 10_000
const tickMs = 50

/** The last line of what was appended in one go. */
export interface Appended {
  path: string
  offset: number
  /** When it stood in the file. */
  ms: number
}

interface OpenFile {
  path: string
  fd: number
  lines: number
}

/** Appends access lines to some files at a steady pace, as a few busy servers do. */
export class PacedWriter {
  readonly paths: readonly string[]
  readonly #files: OpenFile[]
  readonly #block: Buffer
  #written = 0
  #turn = 0

  constructor(folder: string, files: number) {
    this.paths = Array.from({ length: files }, (_, i) => join(folder, `access-${i}.log`))
    this.#files = this.paths.map((path) => ({ path, fd: openSync(path, 'a'), lines: 0 }))
    this.#block = Buffer.from(Array.from({ length: blockLines }, (_, i) => `${nginxLine(i)}\n`).join(''), 'latin1')
  }

  /** Lines written so far. */
  get written(): number {
    return this.#written
  }

  /** Lines written to each file so far. */
  get lines(): ReadonlyMap<string, number> {
    return new Map(this.#files.map(({ path, lines }) => [path, lines]))
  }

  /** Writes `linesPerSec` for so many seconds; each time some lines of one file, of which the last is told. */
  async run(
    { linesPerSec, seconds }: { linesPerSec: number; seconds: number },
    signal: AbortSignal,
    onAppended: (appended: Appended) => void = () => {},
  ): Promise<void> {
    const startedMs = performance.now()
    const before = this.#written
    for (;;) {
      const elapsed = Math.min((performance.now() - startedMs) / 1_000, seconds)
      const due = Math.floor(elapsed * linesPerSec) - (this.#written - before)
      if (due > 0) onAppended(this.#append(due))
      if (elapsed === seconds) return
      await sleep(tickMs, signal)
    }
  }

  close(): void {
    for (const { fd } of this.#files) closeSync(fd)
  }

  #append(count: number): Appended {
    const file = this.#files[this.#turn++ % this.#files.length] as OpenFile
    for (let left = count; left > 0;) {
      const first = file.lines % blockLines
      const lines = Math.min(left, blockLines - first)
      const bytes = this.#block.subarray(first * lineBytes, (first + lines) * lineBytes)
      for (let at = 0; at < bytes.length;) at += writeSync(file.fd, bytes, at)
      file.lines += lines
      left -= lines
    }
    this.#written += count
    return { path: file.path, offset: (file.lines - 1) * lineBytes, ms: performance.now() }
  }
}
