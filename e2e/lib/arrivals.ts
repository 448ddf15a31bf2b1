import { type LineGenerator, Oracle, readLine, TopicTail, type TopicRecord, type Verdict } from '@logpipe/testkit'

/**
 * The oracle on a topic, told more with each look. A record's id is its source and offset: copies of one id are one line, as the index
 * makes them; a line under two ids is doubled; two lines under one id are worse, because the index keeps one of them only.
 */
export class Arrivals {
  /** Records that came once more under the id they had. */
  copies = 0
  readonly #tail: TopicTail
  readonly #oracle: Oracle
  /** By source: what came at each offset, as `lineKey` says it. */
  readonly #ids = new Map<string, Map<number, number>>()
  readonly #logs: LineGenerator[] = []
  readonly #reused: string[] = []
  #found = 0

  constructor(options: { brokers: readonly string[]; topic: string; run: string }) {
    this.#tail = new TopicTail(options)
    this.#oracle = new Oracle(options.run)
  }

  /** Lines of this generator are expected, as many as it has made by the time of a look. */
  expect(generator: LineGenerator): void {
    this.#logs.push(generator)
  }

  /** Lines that were made. */
  get written(): number {
    return this.#logs.reduce((sum, { count }) => sum + count, 0)
  }

  /** Reads what has come since the last look; resolves to how many different lines have come at all. */
  async look(signal: AbortSignal): Promise<number> {
    const records: TopicRecord[] = []
    for await (const record of this.#tail.look(signal)) records.push(record)
    // After the reading: whatever was read had been made by then.
    for (const { file, count } of this.#logs) this.#oracle.expect(file, count)
    for (const record of records) this.#take(record)
    return this.#found
  }

  has(file: number, sequence: number): boolean {
    return this.#oracle.has(file, sequence)
  }

  /** On all looks so far; `reused`: ids that stand for two lines, in words. */
  verdict(): Verdict & { reused: readonly string[] } {
    return { ...this.#oracle.verdict(), reused: this.#reused }
  }

  close(): Promise<void> {
    return this.#tail.close()
  }

  #take({ value, source, lineOffset, partition, offset }: TopicRecord): void {
    const line = trim(value ?? Buffer.alloc(0))
    const proven = readLine(line)
    if (proven === null && isNote(line)) return
    const id = source?.id ?? 'no source'
    let lines = this.#ids.get(id)
    if (lines === undefined) {
      lines = new Map()
      this.#ids.set(id, lines)
    }
    const key = proven === null ? -1 : proven.file * 2 ** 32 + proven.sequence
    const known = lines.get(lineOffset)
    if (known === undefined) {
      const before = proven !== null && this.#oracle.has(proven.file, proven.sequence)
      lines.set(lineOffset, key)
      this.#oracle.observe({ line, stream: `${id}@${partition}`, position: offset, place: `${partition}@${offset}` })
      if (proven !== null && !before) this.#found++
    } else if (known === key) this.copies++
    else this.#reused.push(`source ${id} offset ${lineOffset} stands for two lines, at ${partition}@${offset} again`)
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
