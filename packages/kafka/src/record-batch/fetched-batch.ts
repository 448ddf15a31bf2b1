import { LogpipeError } from '@logpipe/runtime'
import type { Compression } from '../types.ts'
import { decompress, freeUnpacked } from './compression.ts'
import { RecordCursor } from './cursor.ts'
import {
  at,
  batchCrc,
  compressionCodes,
  compressionMask,
  controlMask,
  lengthPrefixBytes,
  logAppendTimeMask,
  transactionalMask,
} from './layout.ts'

/** One record batch as the broker sent it; nothing is unpacked before `open`. */
export class FetchedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly producerId: bigint
  readonly #bytes: Buffer
  readonly #attributes: number
  readonly #isVoid: boolean

  /** `isVoid`: its records do not count, as if it had none. */
  constructor(bytes: Buffer, isVoid = false) {
    this.#bytes = bytes
    this.#isVoid = isVoid
    this.#attributes = bytes.readInt16BE(at.attributes)
    this.baseOffset = Number(bytes.readBigInt64BE(at.baseOffset))
    this.lastOffset = this.baseOffset + bytes.readInt32BE(at.lastOffsetDelta)
    this.recordCount = isVoid ? 0 : bytes.readInt32BE(at.recordCount)
    this.producerId = bytes.readBigInt64BE(at.producerId)
  }

  /** Bytes on the wire. */
  get byteLength(): number {
    return this.#bytes.length
  }

  get compression(): Compression {
    const name = compressionCodes[this.#attributes & compressionMask]
    if (name === undefined)
      throw new LogpipeError('kafka_corrupt', 'A record batch names a compression that Kafka does not have.')
    return name
  }

  /** A marker of a transaction; carries no data. */
  get isControl(): boolean {
    return (this.#attributes & controlMask) !== 0
  }

  get isTransactional(): boolean {
    return (this.#attributes & transactionalMask) !== 0
  }

  /** The same stretch of the log without its records: that of an aborted transaction, or a marker. */
  voided(): FetchedBatch {
    return new FetchedBatch(this.#bytes, true)
  }

  /** Whether a control batch ends its transaction by an abort. */
  async isAbortMarker(): Promise<boolean> {
    if (!this.isControl) return false
    const cursor = await this.open()
    return cursor.next() && cursor.keyStart >= 0 && cursor.buffer.readInt16BE(cursor.keyStart + 2) === 0
  }

  /** Time of its first record, milliseconds since 1970, as its producer says; −1 where it has none. */
  get baseTimestampMs(): number {
    return Number(this.#bytes.readBigInt64BE(at.baseTimestamp))
  }

  /**
   * Checks the CRC, unpacks where needed and resolves to a cursor before the first record. Rejects with `kafka_corrupt`. Who is done
   * with the cursor may `release` it, so that what was unpacked does not wait for the garbage collector.
   */
  async open(): Promise<RecordCursor> {
    const bytes = this.#bytes
    if (this.#isVoid) return emptyCursor(this.baseOffset)
    if (batchCrc(bytes) !== bytes.readUInt32BE(at.crc)) {
      throw new LogpipeError('kafka_corrupt', `The checksum of the record batch at offset ${this.baseOffset} is wrong.`)
    }
    const { compression } = this
    const packed = bytes.subarray(at.records)
    const base = {
      offset: this.baseOffset,
      timestampMs: this.baseTimestampMs,
      fixedTimestampMs:
        (this.#attributes & logAppendTimeMask) === 0 ? null : Number(bytes.readBigInt64BE(at.maxTimestamp)),
    }
    if (compression === 'none') return new RecordCursor(packed, 0, this.recordCount, base)
    const unpacked = await decompress(packed, compression)
    // snappy and lz4 come from WebAssembly, whose memory is not ours to free.
    const free = compression === 'zstd' || compression === 'gzip' ? freeUnpacked : undefined
    return new RecordCursor(unpacked, 0, this.recordCount, base, free)
  }
}

function emptyCursor(offset: number): RecordCursor {
  return new RecordCursor(Buffer.alloc(0), 0, 0, { offset, timestampMs: -1, fixedTimestampMs: null })
}

/** Cuts the records field of a fetch response into batches. A last batch that the broker cut off at its limit is left out. */
export function splitBatches(raw: Buffer): FetchedBatch[] {
  const batches: FetchedBatch[] = []
  let start = 0
  while (start + at.records <= raw.length) {
    const end = start + lengthPrefixBytes + raw.readInt32BE(start + at.batchLength)
    if (raw[start + at.magic] !== 2) {
      throw new LogpipeError('kafka_corrupt', 'A record batch has a format older than Kafka 0.11; it cannot be read.')
    }
    if (end - start < at.records)
      throw new LogpipeError('kafka_corrupt', 'A record batch gives a length shorter than its header.')
    if (end > raw.length) break
    batches.push(new FetchedBatch(raw.subarray(start, end)))
    start = end
  }
  return batches
}
