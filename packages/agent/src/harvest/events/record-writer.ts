import type { HeaderBlock } from '@logpipe/kafka'
import type { Batch } from '../../deliver/batch.ts'
import type { Lane } from '../../deliver/lane.ts'
import { cursorBytes } from '../../discover/fingerprint.ts'
import type { Source } from '../source.ts'
import type { TextEvent } from './text-event.ts'

/** How records leave: for the topic, or for that of the dead letters. */
export interface Way {
  readonly lane: Lane
  readonly headers: HeaderBlock
  /** For records that may have been sent before. */
  readonly resentHeaders: HeaderBlock
  readonly key: Buffer | null
}

/**
 * Writes the records of one source to the batches of its ways, and tells which part of the file each batch answers for. Ranges
 * tile the file over all ways. One that ends within a group is no place to go on from after a restart, so its last bytes are not told.
 */
export class RecordWriter {
  /** Records written since `begin`. */
  count = 0
  readonly #source: Source
  #bytes: Buffer = Buffer.alloc(0)
  #position = 0
  #rangeStart = 0
  #way: Way | null = null
  #batch: Batch | null = null
  /** Whether a record of the group at hand was written to the batch at hand. */
  #hasWritten = false
  /** Where the next event of the group at hand begins; that may be before the last piece of the present one. */
  #followingStart = Infinity
  /** The clean point before the group at hand; −1 once one of its records was written. */
  #groupStart = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** `bytes[0]` stands at `position`; what comes next stands at `offset`. */
  begin(bytes: Buffer, position: number, offset: number): void {
    this.count = 0
    this.#bytes = bytes
    this.#position = position
    this.#rangeStart = offset
    this.#way = null
    this.#batch = null
  }

  /** The records that follow are made of what stands behind this clean point. */
  beginGroup(offset: number): void {
    this.#groupStart = offset
  }

  /** Writes a record. There must have been room when its group began; what a group needs beyond that is taken all the same. */
  write(way: Way, text: Buffer, start: number, end: number, offset: number): void {
    if (this.#way !== way) this.#leave(offset)
    this.#way = way
    const { lane, key } = way
    const headers = offset < this.#source.resentUntil ? way.resentHeaders : way.headers
    for (;;) {
      this.#batch ??= lane.writable() ?? lane.enlarge()
      if (this.#batch.encoder.appendLine(text, start, end, headers, offset, key)) break
      if (this.#batch.encoder.recordCount === 0) {
        this.#batch = lane.enlarge()
        continue
      }
      this.#leave(offset)
      lane.seal()
    }
    this.#groupStart = -1
    this.#hasWritten = true
    this.count++
  }

  /**
   * Writes an event in pieces of at most `maxBytes`, each with its own offset; only the first where it is to be `truncated`. Returns the
   * bytes that were left out. `followingStart`: offset of the next event of the group; Infinity where there is none.
   */
  writeEvent(way: Way, event: TextEvent, maxBytes: number, isTruncated: boolean, followingStart: number): number {
    const { bytes, start, length } = event
    this.#followingStart = followingStart
    let { offset } = event
    for (let at = 0; ;) {
      const end = event.pieceEnd(at, maxBytes)
      this.write(way, bytes, start + at, start + end, offset)
      if (end >= length) return 0
      // Where redaction made more pieces of it than it has bytes in the file, the rest has no offsets to go under.
      offset = Math.max(offset + 1, event.offsetOf(end))
      if (isTruncated || offset >= event.sourceEnd) return length - end
      at = end
    }
  }

  /** Everything before this clean point has been dealt with. `open`: the batch that tells so if no record was written. */
  end(offset: number, open: Batch | null): void {
    this.#groupStart = offset
    this.#batch ??= open
    this.#leave(offset)
    if (offset === this.#rangeStart) return
    // Nothing is under way there, so there is nothing to wait for.
    const at = offset - this.#position
    const tail = Buffer.from(this.#bytes.subarray(Math.max(0, at - cursorBytes), at))
    this.#source.acknowledge(this.#rangeStart, offset, tail)
    this.#rangeStart = offset
  }

  /** The batch at hand answers for all up to the record at `offset`, or up to the clean point where that is the first of its group. */
  #leave(offset: number): void {
    const batch = this.#batch
    this.#batch = null
    if (batch === null) return
    const hasWritten = this.#hasWritten
    this.#hasWritten = false
    const isClean = this.#groupStart >= 0
    let end = isClean ? this.#groupStart : Math.min(offset, this.#followingStart)
    // Events may interleave, and batches arrive in any order: each answers for a byte at least. There are no fewer bytes than records.
    if (hasWritten && !isClean) end = Math.max(end, this.#rangeStart + 1)
    if (end <= this.#rangeStart) return
    if (isClean) batch.cover(this.#source, this.#rangeStart, end, this.#bytes, end - this.#position)
    else batch.coverPart(this.#source, this.#rangeStart, end)
    this.#rangeStart = end
  }
}
