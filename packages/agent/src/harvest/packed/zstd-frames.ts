import { isSkippableMagic, isZstdMagic } from './kind.ts'

const skippableHeaderBytes = 8
const blockHeaderBytes = 3
const checksumBytes = 4
const dictionaryIdBytes = [0, 1, 2, 4] as const
const contentSizeBytes = [0, 2, 4, 8] as const
const rleBlock = 1
const reservedBlock = 3

/**
 * Follows zstd frames (RFC 8878) without unpacking them: where one ends, and so whether a file ends between two or inside of one.
 *
 *   magic, header │ block header, content │ … │ last block │ checksum │ magic …
 */
export class ZstdFrames {
  /** Set by `walk`: the frame ends where it stopped. */
  isAtEnd = true
  /** Set by `walk`: the frame holds nothing to unpack. */
  isSkippable = false
  /** Whether what was walked over is no frame. */
  isBroken = false
  #stage: 'frame' | 'block' | 'checksum' | 'end' = 'frame'
  /** Bytes of the present part that are still to come. */
  #left = 0
  #hasChecksum = false

  /**
   * Walks on over `bytes[start, end)`; returns where it stopped: at a frame's end, or where a header is not all there, or at `end`.
   */
  walk(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (!this.isBroken) {
      const passed = Math.min(this.#left, end - at)
      at += passed
      this.#left -= passed
      if (this.#left > 0) return at
      if (this.#stage === 'end') {
        this.#stage = 'frame'
        this.isAtEnd = true
        return at
      }
      const next = this.#stage === 'frame' ? this.#enterFrame(bytes, at, end) : this.#enterPart(bytes, at, end)
      if (next === at) return at
      at = next
    }
    return at
  }

  #enterFrame(bytes: Buffer, at: number, end: number): number {
    if (end - at < skippableHeaderBytes) return at
    const magic = bytes.readUInt32LE(at)
    this.isBroken = !isZstdMagic(magic)
    if (this.isBroken) return at
    this.isAtEnd = false
    this.isSkippable = isSkippableMagic(magic)
    if (this.isSkippable) {
      this.#left = bytes.readUInt32LE(at + 4)
      this.#stage = 'end'
      return at + skippableHeaderBytes
    }
    const descriptor = bytes[at + 4] as number
    const isSingleSegment = (descriptor & 0x20) !== 0
    const sizeFlag = descriptor >> 6
    this.#left =
      (isSingleSegment ? 0 : 1) +
      (dictionaryIdBytes[descriptor & 3] as number) +
      (sizeFlag === 0 && isSingleSegment ? 1 : (contentSizeBytes[sizeFlag] as number))
    this.#hasChecksum = (descriptor & 4) !== 0
    this.#stage = 'block'
    return at + 5
  }

  #enterPart(bytes: Buffer, at: number, end: number): number {
    if (this.#stage === 'checksum') {
      if (at === end) return at
      this.#stage = 'end'
      this.#left = checksumBytes - 1
      return at + 1
    }
    if (end - at < blockHeaderBytes) return at
    const header = bytes.readUIntLE(at, blockHeaderBytes)
    const type = (header >> 1) & 3
    this.isBroken = type === reservedBlock
    if (this.isBroken) return at
    this.#left = type === rleBlock ? 1 : header >> 3
    if ((header & 1) !== 0) this.#stage = this.#hasChecksum ? 'checksum' : 'end'
    return at + blockHeaderBytes
  }
}
