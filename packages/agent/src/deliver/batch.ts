import type { EncodedBatch, RecordBatchEncoder } from '@logpipe/kafka'
import { cursorBytes } from '../discover/fingerprint.ts'

/** What is told that lines of its have arrived. */
export interface LineOwner {
  readonly id: string
  /** `[start, end)` is acknowledged. `tail`: the last bytes before `end`, null where they are not known. */
  acknowledge(start: number, end: number, tail: Buffer | null): void
}

/** The part of one source's bytes that a batch holds the lines of. */
export interface Range {
  readonly owner: LineOwner
  readonly start: number
  end: number
  tail: Buffer | null
}

/** Kafka's word for a record that has no time. */
export const noTime = -1

/** `open` takes lines → `sealing` is compressed → `sealed` waits → `sending` → gone, or `sealed` again, or `splitting`. */
export type BatchState = 'open' | 'sealing' | 'sealed' | 'sending' | 'splitting'

/** Lines on their way to one partition, and whose they are. Owned by its lane. */
export class Batch {
  readonly encoder: RecordBatchEncoder
  /** Monotonic time of the first line. */
  readonly openedAt: number
  /** Whether the encoder goes back to the pool. */
  readonly pooled: boolean
  readonly ranges: Range[] = []
  state: BatchState = 'open'
  /** The finished record batch; null until it is sealed. */
  encoded: EncodedBatch | null = null
  /** Set when it is sealed. */
  partition = -1
  /** The batch in whose place this one is tried, which has the time that Kafka may not like; null where it is tried for itself. */
  timed: Batch | null = null
  readonly #last = new Map<LineOwner, Range>()

  constructor(encoder: RecordBatchEncoder, openedAt: number, pooled: boolean) {
    this.encoder = encoder
    this.openedAt = openedAt
    this.pooled = pooled
  }

  /** Notes that the lines of `owner` in `[start, end)` are in here; `bytes[…, at)` are what stands before `end` in the file. */
  cover(owner: LineOwner, start: number, end: number, bytes: Buffer, at: number): void {
    const length = Math.min(cursorBytes, at, end)
    const known = this.#last.get(owner)
    if (known !== undefined && known.end === start && known.tail !== null && known.tail.length === length) {
      bytes.copy(known.tail, 0, at - length, at)
      known.end = end
      return
    }
    const tail = Buffer.from(bytes.subarray(at - length, at))
    if (known !== undefined && known.end === start) {
      known.end = end
      known.tail = tail
      return
    }
    const range = { owner, start, end, tail }
    this.#last.set(owner, range)
    this.ranges.push(range)
  }

  /** As `cover`, where reading cannot go on at `end` after a restart: what is in here is a part of something. */
  coverPart(owner: LineOwner, start: number, end: number): void {
    const known = this.#last.get(owner)
    if (known !== undefined && known.end === start) {
      known.end = end
      known.tail = null
      return
    }
    const range = { owner, start, end, tail: null }
    this.#last.set(owner, range)
    this.ranges.push(range)
  }

  /** Tells the owners of the lines that these have arrived. */
  acknowledge(): void {
    for (const { owner, start, end, tail } of this.ranges) owner.acknowledge(start, end, tail)
  }
}
