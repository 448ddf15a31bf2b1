import {
  type LineGenerator,
  Oracle,
  readLine,
  streamOf,
  TopicTail,
  type TopicRecord,
  type Verdict,
} from '@logpipe/testkit'
import { LineRuns } from './line-runs.ts'
import { type Joined, Pieces } from './pieces.ts'

export interface ArrivalsOptions {
  brokers: readonly string[]
  topic: string
  run: string
  /** Lines may come in several records: they are put together before they are judged, and in order by offset. */
  inPieces: boolean
}

/** Lines under two ids of which both are looked up. */
const toldMost = 3

/**
 * The oracle on a topic, told more with each look. A record's id is that of its header and its offset: copies of one id are one line, as the index
 * makes them; a line under two ids is doubled; two lines under one id are worse, because the index keeps one of them only.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions
  readonly #tail: TopicTail
  readonly #pieces: Pieces | null
  readonly #logs: LineGenerator[] = []
  /** By the header's id: what came at each offset, as file and sequence in one number; −1: no line of ours. */
  readonly #ids = new Map<string, LineRuns>()
  readonly #reused: string[] = []
  #oracle: Oracle
  #found = 0
  #copies = 0
  #told = 0

  constructor(options: ArrivalsOptions) {
    this.#options = options
    this.#tail = new TopicTail(options)
    this.#oracle = new Oracle(options.run)
    this.#pieces = options.inPieces ? new Pieces() : null
  }

  /** Lines of this generator are expected, as many as it has made by the time of a look. */
  expect(generator: LineGenerator): void {
    this.#logs.push(generator)
  }

  /** Lines that were made. */
  get written(): number {
    return this.#logs.reduce((sum, { count }) => sum + count, 0)
  }

  /** Records that came once more under the id they had. */
  get copies(): number {
    return this.#pieces?.copies ?? this.#copies
  }

  /** Reads what has come since the last look; resolves to how many different lines have come at all. */
  async look(signal: AbortSignal): Promise<number> {
    const records: TopicRecord[] = []
    try {
      for await (const record of this.#tail.look(signal)) records.push(record)
    } finally {
      // What came before a failure is not yielded again.
      this.#takeAll(records)
    }
    return this.#found
  }

  /** The lines so far, where they may come in pieces. */
  lines(): Iterable<Joined> {
    return this.#pieces?.lines() ?? []
  }

  /** Whether a line was there at the last look. */
  has(file: number, sequence: number): boolean {
    return this.#oracle.has(file, sequence)
  }

  /** On all looks so far; `reused`: ids that stand for two lines, in words. */
  verdict(): Verdict & { reused: readonly string[] } {
    return { ...this.#oracle.verdict(), reused: this.#pieces?.reused ?? this.#reused }
  }

  close(): Promise<void> {
    return this.#tail.close()
  }

  #takeAll(records: readonly TopicRecord[]): void {
    // Put together anew with every look: a line is judged when it is whole.
    if (this.#pieces !== null && records.length > 0) {
      this.#oracle = new Oracle(this.#options.run)
      this.#found = 0
    }
    // After the reading: whatever was read had been made by then.
    for (const { file, count } of this.#logs) this.#oracle.expect(file, count)
    for (const record of records) {
      if (this.#pieces === null) this.#take(record)
      else this.#pieces.add(record)
    }
    if (records.length === 0) return
    for (const { line, source, offset } of this.lines()) this.#observe(line, source, offset, source)
  }

  #take({ value, source, lineOffset, partition, offset }: TopicRecord): void {
    const line = value ?? Buffer.alloc(0)
    const id = source?.id ?? 'no source'
    let lines = this.#ids.get(id)
    if (lines === undefined) {
      lines = new LineRuns()
      this.#ids.set(id, lines)
    }
    const proven = readLine(trim(line))
    const key = proven === null ? -1 : proven.file * 2 ** 32 + proven.sequence
    const known = lines.at(lineOffset)
    if (known === undefined) {
      lines.add(lineOffset, line.length + 1, key)
      const place = `${partition}@${offset}, id ${id} ${lineOffset}${this.#otherId(id, key)}`
      this.#observe(line, `${streamOf(source)}@${partition}`, offset, place)
    } else if (known === key) this.#copies++
    else this.#reused.push(`source ${id} offset ${lineOffset} stands for two lines, at ${partition}@${offset} again`)
  }

  /** Under which other id the line came, in words, while there is need to look. */
  #otherId(id: string, key: number): string {
    const isNew = key < 0 || !this.has(Math.floor(key / 2 ** 32), key % 2 ** 32)
    if (isNew || this.#told++ >= toldMost) return ''
    for (const [other, lines] of this.#ids) {
      const offset = other === id ? undefined : lines.offsetOf(key)
      if (offset !== undefined) return `, which came as ${other} ${offset}`
    }
    return ''
  }

  #observe(bytes: Buffer, stream: string, position: number, place: string): void {
    const line = trim(bytes)
    const proven = readLine(line)
    if (proven === null && isNote(line)) return
    if (proven !== null && !this.has(proven.file, proven.sequence)) this.#found++
    this.#oracle.observe({ line, stream, position, place })
  }
}

/** A line that a test writes for another purpose than to be counted: empty, or begun with `#`. */
function isNote(line: Buffer): boolean {
  return line.length === 0 || line[0] === 0x23
}

/** Without the NUL bytes that a hole in the file puts before it. */
function trim(line: Buffer): Buffer {
  let at = 0
  while (at < line.length && line[at] === 0) at++
  return line.subarray(at)
}
