/** Zigzag varints as Kafka's record format has them (Protocol Buffers' sint32 and sint64). Hot path: numbers only. */

/** Writes `value` (|value| < 2³⁰: lengths, deltas) at `position`; returns the position after it. */
export function writeVarint(out: Uint8Array, position: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest > 127) {
    out[position++] = (rest & 127) | 128
    rest >>>= 7
  }
  out[position++] = rest
  return position
}

/** Bytes that `writeVarint` takes for `value`. */
export function varintLength(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let length = 1
  while (rest > 127) {
    rest >>>= 7
    length++
  }
  return length
}

/** Writes any safe integer as a varlong; for timestamps that may lie decades apart. */
export function writeVarlong(out: Uint8Array, position: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(out, position, value)
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  while (rest > 127n) {
    out[position++] = Number(rest & 127n) | 128
    rest >>= 7n
  }
  out[position++] = Number(rest)
  return position
}

/** Bytes that `writeVarlong` takes for `value`. */
export function varlongLength(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return varintLength(value)
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  let length = 1
  while (rest > 127n) {
    rest >>= 7n
    length++
  }
  return length
}
