import { crc32, createInflateRaw } from 'node:zlib'
import { Decompressor } from './decompressor.ts'
import type { PackedInput } from './input.ts'
import type { Unpacked, Unpacker } from './unpacker.ts'

const trailerBytes = 8
const leastHeaderBytes = 10
const chunkBytes = 65_536
const flag = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 }

/**
 * gzip (RFC 1952): members one after the other, each checked against its CRC and length; zeros behind the last one are padding. Headers
 * and trailers are read here rather than by zlib, because only so it is known whether a file ends between members or inside one.
 */
export class GzipUnpacker implements Unpacker {
  reason = ''
  readonly #input: PackedInput
  #inflate: Decompressor | null = null
  #stage: 'header' | 'body' | 'trailer' = 'header'
  #members = 0
  #crc = 0
  #length = 0

  constructor(input: PackedInput) {
    this.#input = input
  }

  async next(): Promise<Unpacked> {
    for (;;) {
      if (this.reason !== '') return 'broken'
      const step = this.#stage === 'body' ? await this.#unpack() : await this.#readFrame()
      if (step !== null) return step
    }
  }

  close(): void {
    this.reason ||= 'it was closed'
    this.#inflate?.close()
    this.#inflate = null
  }

  /** Reads on where the input holds too little for what comes next. */
  async #readFrame(): Promise<Unpacked | null> {
    const isDone = this.#stage === 'header' ? this.#readHeader() : this.#readTrailer()
    if (isDone || this.reason !== '') return null
    if (this.#input.isFull) return this.#fail('a header of more than 64 KiB')
    const filled = await this.#input.fill()
    if (filled === 'filled') return null
    if (filled === 'paused') return 'paused'
    return this.#stage === 'header' && this.#input.length === 0 && this.#members > 0 ? 'end' : 'incomplete'
  }

  #readHeader(): boolean {
    const input = this.#input
    if (this.#members > 0) while (input.length > 0 && input.bytes[input.start] === 0) input.start++
    const length = headerLength(input.bytes, input.start, input.end)
    if (length < 0) {
      this.#fail(this.#members === 0 ? 'no gzip header' : 'behind a whole member stands no other one')
      return false
    }
    if (length === 0) return false
    input.take(length)
    this.#inflate = new Decompressor(createInflateRaw({ chunkSize: chunkBytes }))
    this.#crc = 0
    this.#length = 0
    this.#stage = 'body'
    return true
  }

  async #unpack(): Promise<Unpacked | null> {
    const inflate = this.#inflate as Decompressor
    const chunk = await inflate.next()
    if (chunk !== null) {
      this.#crc = crc32(chunk, this.#crc)
      this.#length = (this.#length + chunk.length) >>> 0
      return chunk
    }
    if (this.reason !== '') return 'broken'
    if (inflate.error !== null) return this.#fail(inflate.error.message)
    if (inflate.unconsumed > 0) {
      this.#input.putBack(inflate.unconsumed)
      inflate.close()
      this.#inflate = null
      this.#stage = 'trailer'
      return null
    }
    if (this.#input.length === 0) {
      const filled = await this.#input.fill()
      if (filled !== 'filled') return filled === 'paused' ? 'paused' : 'incomplete'
    }
    if (this.reason === '') inflate.write(this.#input.take(this.#input.length))
    return null
  }

  #readTrailer(): boolean {
    const input = this.#input
    if (input.length < trailerBytes) return false
    const trailer = input.take(trailerBytes)
    if (trailer.readUInt32LE(0) !== this.#crc) this.#fail('checksum (CRC-32) differs')
    else if (trailer.readUInt32LE(4) !== this.#length) this.#fail('length differs from the one noted')
    this.#members++
    this.#stage = 'header'
    return true
  }

  #fail(reason: string): 'broken' {
    this.reason ||= reason
    return 'broken'
  }
}

/** Length of the member's header at `start`; 0 where it is not all there, −1 where it is none. */
function headerLength(bytes: Buffer, start: number, end: number): number {
  const magic = [0x1f, 0x8b, 8]
  for (let i = 0; i < magic.length && start + i < end; i++) if (bytes[start + i] !== magic[i]) return -1
  if (end - start < leastHeaderBytes) return 0
  const flags = bytes[start + 3] as number
  if ((flags & flag.reserved) !== 0) return -1
  let at = start + leastHeaderBytes
  if ((flags & flag.extra) !== 0) {
    if (at + 2 > end) return 0
    at += 2 + bytes.readUInt16LE(at)
  }
  for (const text of [flag.name, flag.comment]) {
    if ((flags & text) === 0) continue
    const zero = at < end ? bytes.subarray(0, end).indexOf(0, at) : -1
    if (zero < 0) return 0
    at = zero + 1
  }
  if ((flags & flag.headerCrc) !== 0) at += 2
  return at <= end ? at - start : 0
}
