import type { RecordHeader } from '../types.ts'
import { varintLength, writeVarint } from './varint.ts'

/** Digits of 2⁵³, the largest trailing number. */
const maxDigits = 16

/**
 * The headers of all lines of one open file, encoded once: `headers`, then a last header named `trailing` whose value,
 * a decimal number, differs from line to line and is written behind the block by the encoder.
 */
export class HeaderBlock {
  /** Header count, the fixed headers, and the name of the trailing one. */
  readonly bytes: Buffer
  /** Upper bound of block and number together. */
  readonly maxBytes: number

  constructor(headers: readonly RecordHeader[], trailing: string) {
    const name = Buffer.from(trailing)
    this.bytes = Buffer.allocUnsafe(
      headersLength(headers, headers.length + 1) + varintLength(name.length) + name.length,
    )
    let position = writeHeaders(this.bytes, 0, headers, headers.length + 1)
    position = writeVarint(this.bytes, position, name.length)
    name.copy(this.bytes, position)
    this.maxBytes = this.bytes.length + 1 + maxDigits
  }
}

/** Bytes of a header section that announces `count` headers and holds `headers`. */
export function headersLength(headers: readonly RecordHeader[], count: number): number {
  let length = varintLength(count)
  for (const { key, value } of headers) {
    const keyLength = Buffer.byteLength(key)
    length += varintLength(keyLength) + keyLength + varintLength(value?.length ?? -1) + (value?.length ?? 0)
  }
  return length
}

/** Writes the header section; returns the position after it. */
export function writeHeaders(out: Buffer, position: number, headers: readonly RecordHeader[], count: number): number {
  position = writeVarint(out, position, count)
  for (const { key, value } of headers) {
    const keyLength = Buffer.byteLength(key)
    position = writeVarint(out, position, keyLength)
    position += out.write(key, position)
    position = writeVarint(out, position, value?.length ?? -1)
    if (value === null) continue
    out.set(value, position)
    position += value.length
  }
  return position
}

/** How many decimal digits `value` (a safe integer ≥ 0) has. */
export function decimalLength(value: number): number {
  if (value < 10) return 1
  let digits = 1
  for (let bound = 10; bound <= value; bound *= 10) digits++
  return digits
}

/** Writes `value` as `digits` decimal digits; returns the position after them. Splits at 10⁹ to stay in 32-bit arithmetic. */
export function writeDecimal(out: Uint8Array, position: number, value: number, digits: number): number {
  const end = position + digits
  let high = 0
  let low = value
  let lowEnd = position
  if (value >= 1_000_000_000) {
    high = Math.floor(value / 1_000_000_000)
    low = value - high * 1_000_000_000
    lowEnd = end - 9
  }
  low |= 0
  for (let i = end - 1; i >= lowEnd; i--) {
    const rest = (low / 10) | 0
    out[i] = 48 + low - rest * 10
    low = rest
  }
  for (let i = lowEnd - 1; i >= position; i--) {
    const rest = Math.floor(high / 10)
    out[i] = 48 + high - rest * 10
    high = rest
  }
  return end
}
