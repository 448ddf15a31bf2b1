import type { Compression, EncodedBatch, PlainRecord } from '../types.ts'
import { compress } from './compression.ts'
import { type HeaderBlock, decimalLength, headersLength, writeDecimal, writeHeaders } from './header-block.ts'
import { at, writeBatchHeader } from './layout.ts'
import { varintLength, varlongLength, writeVarint, writeVarlong } from './varint.ts'

/** Most that a record takes beside key, value and headers: length, attributes, three deltas and lengths, each ≤ 5 bytes. */
const recordOverheadBytes = 32

/**
 * Builds one record batch (magic 2) in a buffer of its own. Single owner; after `seal` and once the batch's `send` has
 * settled, `reset` makes it ready for the next one. `appendLine` makes no object: it is the hot path of the agent.
 *
 *   record: length | attributes 0 | timestampDelta | offsetDelta | key length, key | value length, value | headers
 */
export class RecordBatchEncoder {
  readonly #buffer: Buffer
  #position: number = at.records
  #count = 0
  #baseTimestampMs = 0
  #maxTimestampMs = 0

  /** `capacityBytes` bounds the batch before compression, its 61 bytes of header included. */
  constructor(capacityBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacityBytes)
  }

  get recordCount(): number {
    return this.#count
  }

  /** Bytes of the batch as it stands, before compression. */
  get byteLength(): number {
    return this.#position
  }

  get capacityBytes(): number {
    return this.#buffer.length
  }

  /** Empties the encoder. `timestampMs` is the time that all lines of the next batch carry: when they were read. */
  reset(timestampMs: number = Date.now()): void {
    this.#position = at.records
    this.#count = 0
    this.#baseTimestampMs = timestampMs
    this.#maxTimestampMs = timestampMs
  }

  /**
   * Appends the line `source[start, end)` with the headers of its file, closed by `trailingNumber` (its byte offset).
   * False, and nothing changed, where it does not fit.
   */
  appendLine(
    source: Buffer,
    start: number,
    end: number,
    headers: HeaderBlock,
    trailingNumber: number,
    key: Buffer | null = null,
  ): boolean {
    const out = this.#buffer
    const valueLength = end - start
    const keyLength = key === null ? 0 : key.length
    if (this.#position + recordOverheadBytes + keyLength + valueLength + headers.maxBytes > out.length) return false
    const block = headers.bytes
    const digits = decimalLength(trailingNumber)
    const length =
      2 +
      varintLength(this.#count) +
      varintLength(key === null ? -1 : keyLength) +
      keyLength +
      varintLength(valueLength) +
      valueLength +
      block.length +
      1 +
      digits
    let position = writeVarint(out, this.#position, length)
    out[position++] = 0 // attributes
    out[position++] = 0 // timestamp delta: all lines of a batch carry the batch's time
    position = writeVarint(out, position, this.#count)
    if (key === null) {
      out[position++] = 1 // −1 in zigzag
    } else {
      position = writeVarint(out, position, keyLength)
      key.copy(out, position)
      position += keyLength
    }
    position = writeVarint(out, position, valueLength)
    source.copy(out, position, start, end)
    position += valueLength
    block.copy(out, position)
    position += block.length
    out[position++] = digits << 1
    this.#position = writeDecimal(out, position, trailingNumber, digits)
    this.#count++
    return true
  }

  /** Appends any record. False, and nothing changed, where it does not fit. */
  appendRecord(record: PlainRecord): boolean {
    const out = this.#buffer
    const headers = record.headers ?? []
    const key = record.key ?? null
    const { value } = record
    const timestampMs = record.timestampMs ?? this.#baseTimestampMs
    const delta = timestampMs - this.#baseTimestampMs
    const bodyLength =
      1 +
      varlongLength(delta) +
      varintLength(this.#count) +
      partLength(key) +
      partLength(value) +
      headersLength(headers, headers.length)
    if (this.#position + varintLength(bodyLength) + bodyLength > out.length) return false
    let position = writeVarint(out, this.#position, bodyLength)
    out[position++] = 0
    position = writeVarlong(out, position, delta)
    position = writeVarint(out, position, this.#count)
    position = writePart(out, position, key)
    position = writePart(out, position, value)
    this.#position = writeHeaders(out, position, headers, headers.length)
    if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs
    this.#count++
    return true
  }

  /**
   * The finished batch. With `none` its bytes are the encoder's own buffer, so `reset` must wait until `send` has settled;
   * otherwise they are a buffer of their own. Must hold at least one record.
   */
  async seal(compression: Compression): Promise<EncodedBatch> {
    const recordCount = this.#count
    const times = { baseTimestampMs: this.#baseTimestampMs, maxTimestampMs: this.#maxTimestampMs }
    let bytes = this.#buffer.subarray(0, this.#position)
    if (compression !== 'none') {
      const packed = await compress(bytes.subarray(at.records), compression)
      bytes = Buffer.allocUnsafe(at.records + packed.length)
      packed.copy(bytes, at.records)
    }
    writeBatchHeader(bytes, { recordCount, compression, ...times })
    return { bytes, recordCount }
  }
}

function partLength(part: Uint8Array | null): number {
  return part === null ? 1 : varintLength(part.length) + part.length
}

function writePart(out: Buffer, position: number, part: Uint8Array | null): number {
  if (part === null) return writeVarint(out, position, -1)
  position = writeVarint(out, position, part.length)
  out.set(part, position)
  return position + part.length
}
