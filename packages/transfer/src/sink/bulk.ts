import type { Segment } from '../consume/segment.ts'
import type { Rejection } from './sink.ts'

/** Items `[first, next run's first)` of a bulk belong to one segment. */
export interface Run {
  readonly segment: Segment
  readonly first: number
}

export interface BulkLimits {
  /** Bytes from which on a bulk is full. One document may be larger; it then makes a bulk of its own. */
  maxBytes: number
  /** Documents from which on a bulk is full. */
  maxItems: number
}

/** What a refused record counts in the budget of documents: it has no bytes, and its reason has to be kept. */
const refusedBytes = 512

/**
 * One request to a sink: the bytes of its items one behind the other, where each ends, and to which segment and Kafka offset
 * it belongs. One owner at a time: the filler, then the delivery. No object is made for an item.
 */
export class Bulk {
  readonly limits: BulkLimits
  body: Buffer
  byteLength = 0
  count = 0
  /** How often it was sent. */
  attempts = 0
  /** Tries that ran into their deadline, of it and of what was picked from it together. */
  lateness = { tries: 0 }
  /** When the first document was begun, milliseconds since 1970: `event.ingested`. */
  ingestedMs = 0
  readonly runs: Run[] = []
  /** Items without bytes, ascending: records that cannot be made into anything to send. A ScreeningSink rejects them. */
  readonly refused: Rejection[] = []
  /** Items, ascending, that may stand in the sink already, also where it does not notice that by itself. */
  suspects: number[] = []
  /** The moment (`performance.now`) from which on nobody else can have begun to write one of them. */
  suspectsSince = 0
  /** Whether one of them is a copy of a record that may be in a bulk sent just before. */
  hasCopies = false
  readonly #ends: Int32Array
  readonly #offsets: Float64Array

  constructor(limits: BulkLimits, capacityBytes: number, capacityItems = limits.maxItems) {
    this.limits = limits
    this.body = Buffer.allocUnsafeSlow(capacityBytes)
    this.#ends = new Int32Array(capacityItems)
    this.#offsets = new Float64Array(capacityItems)
  }

  get isFull(): boolean {
    return this.byteLength >= this.limits.maxBytes || this.count >= this.limits.maxItems
  }

  /** Makes room for an item of up to `bytes` behind what is there. False where that needs a new bulk; an empty one grows. */
  reserve(bytes: number): boolean {
    if (this.byteLength + bytes <= this.body.length) return this.count < this.limits.maxItems
    if (this.count > 0) return false
    this.body = Buffer.allocUnsafeSlow(bytes)
    return true
  }

  /** All items added from now on belong to `segment`. */
  begin(segment: Segment): void {
    // One that got no item (tombstones) must not stay: it would keep its record batch for as long as no bulk is sent.
    if (this.runs.at(-1)?.first === this.count) this.runs.pop()
    this.runs.push({ segment, first: this.count })
  }

  /** Closes the item whose bytes were written from `byteLength` on up to `end`. */
  add(end: number, offset: number): void {
    this.#ends[this.count] = end
    this.#offsets[this.count] = offset
    this.count++
    this.byteLength = end
  }

  /** Adds the record at `offset` as an item that is not sent but rejected, for this reason. Needs `reserve(0)` before. */
  refuse(offset: number, { type, reason }: { type: string; reason: string }): void {
    this.refused.push({ item: this.count, type, reason, stage: 'pipeline' })
    this.add(this.byteLength, offset)
  }

  /** The item added last is a suspect; see `suspectsSince`. */
  suspect(since: number): void {
    this.suspects.push(this.count - 1)
    if (since > this.suspectsSince) this.suspectsSince = since
  }

  /** The item added last is a suspect since it is twice in Kafka, so this process may have the other one, too. */
  suspectCopy(): void {
    this.suspect(performance.now())
    this.hasCopies = true
  }

  /** All of it was sent before: whoever sends it again has to look. */
  suspectAll(): void {
    this.suspects = Array.from({ length: this.count }, (_, item) => item)
    this.suspectsSince = performance.now()
  }

  /** Bytes of the budget that all its items take. */
  get budgetBytes(): number {
    return this.byteLength + this.refused.length * refusedBytes
  }

  /** Bytes of the budget that a rejected item takes. */
  budgetBytesOf({ item, stage }: Rejection): number {
    return stage === 'pipeline' ? refusedBytes : this.endOf(item) - this.startOf(item)
  }

  startOf(item: number): number {
    return item === 0 ? 0 : (this.#ends[item - 1] as number)
  }

  endOf(item: number): number {
    return this.#ends[item] as number
  }

  /** The Kafka offset of an item. */
  offsetOf(item: number): number {
    return this.#offsets[item] as number
  }

  /** How many items the run at this place in `runs` has. */
  runLength(index: number): number {
    const run = this.runs[index] as Run
    return (this.runs[index + 1]?.first ?? this.count) - run.first
  }

  /** A new bulk that holds copies of these items only, in ascending order. */
  pick(items: readonly number[]): Bulk {
    let bytes = 0
    for (const item of items) bytes += this.endOf(item) - this.startOf(item)
    const picked = new Bulk(this.limits, bytes, items.length)
    picked.attempts = this.attempts
    picked.lateness = this.lateness
    picked.ingestedMs = this.ingestedMs
    picked.hasCopies = this.hasCopies
    let run = 0
    let begun = -1
    let suspect = 0
    for (const item of items) {
      while (run + 1 < this.runs.length && (this.runs[run + 1] as Run).first <= item) run++
      if (run !== begun) {
        picked.begin((this.runs[run] as Run).segment)
        begun = run
      }
      const end =
        picked.byteLength + this.body.copy(picked.body, picked.byteLength, this.startOf(item), this.endOf(item))
      picked.add(end, this.offsetOf(item))
      while (suspect < this.suspects.length && (this.suspects[suspect] as number) < item) suspect++
      if (this.suspects[suspect] === item) picked.suspect(this.suspectsSince)
    }
    return picked
  }

  /** A new bulk that holds copies of all items of these, which have the same limits, in their order. Needs one at least; all of it is suspect. */
  static join(bulks: readonly Bulk[]): Bulk {
    const sum = (of: (bulk: Bulk) => number): number => bulks.reduce((total, bulk) => total + of(bulk), 0)
    const first = bulks[0] as Bulk
    const joined = new Bulk(
      first.limits,
      sum(({ byteLength }) => byteLength),
      sum(({ count }) => count),
    )
    joined.attempts = Math.max(...bulks.map(({ attempts }) => attempts))
    joined.lateness = { tries: Math.max(...bulks.map(({ lateness }) => lateness.tries)) }
    joined.ingestedMs = first.ingestedMs
    joined.hasCopies = bulks.some(({ hasCopies }) => hasCopies)
    for (const bulk of bulks) {
      const start = joined.byteLength
      bulk.body.copy(joined.body, start, 0, bulk.byteLength)
      for (const [index, { segment, first: item }] of bulk.runs.entries()) {
        joined.begin(segment)
        const end = item + bulk.runLength(index)
        for (let each = item; each < end; each++) joined.add(start + bulk.endOf(each), bulk.offsetOf(each))
      }
    }
    joined.suspectAll()
    return joined
  }

  /** Empties it for use by the next owner. */
  reset(): void {
    this.byteLength = 0
    this.count = 0
    this.attempts = 0
    this.lateness = { tries: 0 }
    this.runs.length = 0
    this.refused.length = 0
    if (this.suspects.length > 0) this.suspects = []
    this.suspectsSince = 0
    this.hasCopies = false
  }
}
