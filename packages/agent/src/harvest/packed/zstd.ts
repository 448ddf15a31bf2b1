import { constants, createZstdDecompress } from 'node:zlib'
import { Decompressor } from './decompressor.ts'
import type { PackedInput } from './input.ts'
import type { Unpacked, Unpacker } from './unpacker.ts'
import { ZstdFrames } from './zstd-frames.ts'

const chunkBytes = 65_536
/** The largest window that is unpacked, as that of the `zstd` program: 128 MiB, taken only where a frame asks for so much. */
const windowLogMax = 27

/** zstd: frames one after the other, skippable ones between them; checked against the checksums that they carry. */
export class ZstdUnpacker implements Unpacker {
  reason = ''
  readonly #input: PackedInput
  readonly #frames = new ZstdFrames()
  readonly #decompressor = new Decompressor(
    createZstdDecompress({ chunkSize: chunkBytes, params: { [constants.ZSTD_d_windowLogMax]: windowLogMax } }),
  )
  #frameCount = 0

  constructor(input: PackedInput) {
    this.#input = input
  }

  async next(): Promise<Unpacked> {
    const input = this.#input
    const frames = this.#frames
    for (;;) {
      const chunk = await this.#decompressor.next()
      if (chunk !== null) return chunk
      if (this.reason !== '') return 'broken'
      const { error } = this.#decompressor
      if (error !== null) return this.#fail(error.message)
      // The stream of zlib takes one frame a write; what comes behind it in the same one it would leave alone.
      const walkedTo = frames.walk(input.bytes, input.start, input.end)
      if (walkedTo > input.start) {
        const walked = input.take(walkedTo - input.start)
        if (frames.isAtEnd) this.#frameCount++
        if (!frames.isSkippable) this.#decompressor.write(walked)
        continue
      }
      if (frames.isBroken) return this.#fail('what should be a zstd frame is none')
      const filled = await input.fill()
      if (filled === 'paused') return 'paused'
      if (filled === 'atEnd') return frames.isAtEnd && input.length === 0 && this.#frameCount > 0 ? 'end' : 'incomplete'
    }
  }

  close(): void {
    this.reason ||= 'it was closed'
    this.#decompressor.close()
  }

  #fail(reason: string): 'broken' {
    this.reason ||= reason
    return 'broken'
  }
}
