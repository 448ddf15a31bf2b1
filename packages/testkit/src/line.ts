import { crc32 } from 'node:zlib'
import { LogpipeError } from '@logpipe/runtime'

/**
 * A line that proves itself:
 *
 *   run      file  sequence  checksum padding
 *   3f9c01ab 00007 000012345 9e107d9d  "quoted\" tab→ …
 *
 * The checksum covers everything before and after it, so that no change of a byte goes unseen. The padding holds what
 * careless encoders break: quotes, backslashes, control characters, markup, characters of two to four bytes.
 */
export interface ProvenLine {
  run: string
  file: number
  sequence: number
}

const runLength = 8
const fileDigits = 5
const sequenceDigits = 9
const checksumAt = runLength + 1 + fileDigits + 1 + sequenceDigits + 1
const paddingAt = checksumAt + 8 + 1

/** The least a line can have; shorter ones have no room for what proves them. */
export const minLineBytes = paddingAt

const pattern = Buffer.from('GET /a?b="c\\d" 200 <script>&\t[x] {"k":1} \u0001\u001b[31m; ', 'utf8')
/** Characters of two to four bytes, as lines end with them. */
const usualWide = 'éß漢字😀'
const shape = /^([0-9a-f]{8}) ([0-9]{5}) ([0-9]{9}) ([0-9a-f]{8}) /

/** A random run id: 8 hexadecimal digits. */
export function randomRun(): string {
  return Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(runLength, '0')
}

/** Writes lines of one run and file, `lineBytes` each without the newline. One owner. */
export class LineWriter {
  readonly #prefix: string
  readonly #lineBytes: number
  readonly #padding: Buffer
  readonly #wide: Buffer

  constructor(run: string, file: number, lineBytes: number, wide = usualWide) {
    if (lineBytes < minLineBytes) {
      throw new LogpipeError(
        'internal',
        `A line of ${lineBytes} bytes has no room for its proof: ${minLineBytes} at least.`,
      )
    }
    this.#prefix = `${run} ${String(file).padStart(fileDigits, '0')} `
    this.#lineBytes = lineBytes
    const room = lineBytes - paddingAt
    this.#wide = Buffer.from(wide, 'utf8')
    this.#padding = Buffer.alloc(room + pattern.length, pattern)
  }

  /** Bytes of one line with its newline. */
  get stride(): number {
    return this.#lineBytes + 1
  }

  /** Writes line `sequence` and its newline into `out` at `at`; returns the position after it. */
  write(out: Buffer, at: number, sequence: number): number {
    const end = at + this.#lineBytes
    out.write(`${this.#prefix}${String(sequence).padStart(sequenceDigits, '0')} `, at, 'latin1')
    out[at + paddingAt - 1] = 0x20
    const turn = sequence % pattern.length
    this.#padding.copy(out, at + paddingAt, turn, turn + end - at - paddingAt)
    const wide = this.#wide
    if (end - at - paddingAt >= wide.length) wide.copy(out, end - wide.length)
    const sum = crc32(out.subarray(at + checksumAt + 8, end), crc32(out.subarray(at, at + checksumAt)))
    out.write(sum.toString(16).padStart(8, '0'), at + checksumAt, 'latin1')
    out[end] = 0x0a
    return end + 1
  }
}

/** What the line says it is, or `null` where a byte of it has changed. Without its newline. */
export function readLine(line: Uint8Array | string): ProvenLine | null {
  const bytes =
    typeof line === 'string' ? Buffer.from(line, 'utf8') : Buffer.from(line.buffer, line.byteOffset, line.byteLength)
  const parts = shape.exec(bytes.toString('latin1', 0, paddingAt))
  if (parts === null) return null
  const sum = crc32(bytes.subarray(checksumAt + 8), crc32(bytes.subarray(0, checksumAt)))
  if (sum !== Number.parseInt(parts[4] as string, 16)) return null
  return { run: parts[1] as string, file: Number(parts[2]), sequence: Number(parts[3]) }
}
