import assert from 'node:assert/strict'
import { readLine } from './line.ts'
import { StreamOrder } from './stream-order.ts'

/** One line as it was found in an index or a topic. */
export interface FoundLine {
  line: Uint8Array | string
  /** What the line must be in order with: the id of its source (one life of one file). */
  stream: string
  /** Where it stands in that stream: its byte offset in the file, or the order in which it came. */
  position: number
  /** Where it was found, for people: `logs-web-default/_id`, `topic 3@1201`. */
  place: string
}

/** What became of a run's lines. All numbers but the first two are 0 when nothing went wrong. */
export interface Verdict {
  /** Lines written. */
  expected: number
  /** Different ones of them found, whole. */
  found: number
  missing: number
  /** Copies too many. */
  doubled: number
  /** Lines with a changed byte, and lines that were never written. */
  corrupted: number
  /** Lines that stand behind a later one of their file. */
  outOfOrder: number
  /** A few sentences of each kind, worst first. */
  examples: string[]
}

const examplesOfAKind = 3

/**
 * The conservation oracle: is told what was written and what was found, and says what is missing, doubled, corrupted or out of
 * order. One owner; one run. Lines of other runs are not counted.
 */
export class Oracle {
  readonly run: string
  readonly #expected = new Map<number, number>()
  readonly #copies = new Map<number, Uint8Array>()
  readonly #order = new StreamOrder()
  readonly #examples = { missing: [] as string[], doubled: [] as string[], corrupted: [] as string[] }
  #doubled = 0
  #corrupted = 0

  constructor(run: string) {
    this.run = run
  }

  /** Lines 0 … `count` − 1 of `file` were written. Call it before the first `observe`, again where more were written since. */
  expect(file: number, count: number): void {
    this.#expected.set(file, count)
    const copies = this.#copies.get(file)
    const grown = new Uint8Array(count)
    if (copies !== undefined) grown.set(copies.subarray(0, count))
    this.#copies.set(file, grown)
  }

  /** Whether the line was found, whole. */
  has(file: number, sequence: number): boolean {
    return (this.#copies.get(file)?.[sequence] ?? 0) > 0
  }

  /** Takes one found line into account. */
  observe(found: FoundLine): void {
    const line = readLine(found.line)
    if (line !== null && line.run !== this.run) return
    const copies = line === null ? undefined : this.#copies.get(line.file)
    if (line === null || copies === undefined || line.sequence >= copies.length) {
      this.#corrupted++
      this.#example('corrupted', `corrupted at ${found.place}: ${JSON.stringify(text(found.line).slice(0, 120))}`)
      return
    }
    const seen = copies[line.sequence] as number
    // Counted up to 255 copies, which is enough to be wrong.
    copies[line.sequence] = Math.min(255, seen + 1)
    if (seen > 0) {
      this.#doubled++
      this.#example('doubled', `doubled at ${found.place}: ${name(line.file, line.sequence)}`)
      return
    }
    this.#order.add(found.stream, line.file, found.position, line.sequence)
  }

  /** The verdict on what was observed so far. */
  verdict(): Verdict {
    let expected = 0
    let missing = 0
    const missingExamples: string[] = []
    for (const [file, count] of this.#expected) {
      expected += count
      const copies = this.#copies.get(file) as Uint8Array
      for (let from = copies.indexOf(0); from !== -1;) {
        let to = from
        while (to + 1 < count && copies[to + 1] === 0) to++
        missing += to - from + 1
        if (missingExamples.length < examplesOfAKind) {
          missingExamples.push(`missing: ${name(file, from)}${to > from ? ` to ${to}` : ''} of ${count}`)
        }
        from = copies.indexOf(0, to + 1)
      }
    }
    const order = this.#order.faults(examplesOfAKind)
    const outOfOrder = order.examples.map(
      (fault) =>
        `out of order in source ${fault.stream}: ${name(fault.file, fault.sequence)} stands behind ${fault.after}`,
    )
    const { doubled, corrupted } = this.#examples
    return {
      expected,
      found: expected - missing,
      missing,
      doubled: this.#doubled,
      corrupted: this.#corrupted,
      outOfOrder: order.count,
      examples: [...missingExamples, ...corrupted, ...doubled, ...outOfOrder],
    }
  }

  /** Observes everything that `lines` yields, then returns the verdict on all that was observed so far. */
  async check(lines: AsyncIterable<FoundLine> | Iterable<FoundLine>): Promise<Verdict> {
    for await (const line of lines) this.observe(line)
    return this.verdict()
  }

  #example(kind: 'doubled' | 'corrupted', sentence: string): void {
    if (this.#examples[kind].length < examplesOfAKind) this.#examples[kind].push(sentence)
  }
}

/**
 * Fails with the examples unless every line was found whole and in order; and once, unless copies are allowed (a topic may
 * hold a line twice after a crash, an index never).
 */
export function assertConserved(verdict: Verdict, options: { copiesAllowed?: boolean } = {}): void {
  const { examples, expected, found: _, ...counts } = verdict
  const doubled = options.copiesAllowed === true ? 0 : counts.doubled
  assert.deepEqual(
    { ...counts, doubled },
    { missing: 0, doubled: 0, corrupted: 0, outOfOrder: 0 },
    `Of ${expected} lines: ${JSON.stringify(counts)}\n${examples.join('\n')}`,
  )
}

function name(file: number, sequence: number): string {
  return `file ${file} line ${sequence}`
}

function text(line: Uint8Array | string): string {
  return typeof line === 'string' ? line : Buffer.from(line).toString('utf8')
}
