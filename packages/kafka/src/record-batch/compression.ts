import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { LogpipeError } from '@logpipe/runtime'
import { compressionsAlgorithms } from '@platformatic/kafka'
import type { Compression } from '../types.ts'

const gzip = promisify(zlib.gzip)
const gunzip = promisify(zlib.gunzip)
const zstdCompress = promisify(zlib.zstdCompress)
const zstdDecompress = promisify(zlib.zstdDecompress)

/** No batch of a sane topic unpacks to more; a bomb from a foreign producer must not take our memory. */
const maxUnpackedBytes = 256 * 1024 * 1024
/** zlib unpacks chunk by chunk, each a task of its own; with its default of 16 KiB a batch of 900 KB takes four times as long. */
const chunkSize = 1024 * 1024
/** Of a batch of few records, to make a megabyte of memory for it takes five times as long as to unpack it. */
const small = { packedBytes: 8_192, chunkSize: 65_536 }
/** A packed batch is a fraction of that; more would only be memory to touch. */
const packedChunkSize = 256 * 1024
/**
 * Log batches repeat themselves closely (every record carries its file's headers), so level 1 with a window of 256 KiB packs them as
 * small as level 3, the library's default, or smaller, in half the time (measured on six kinds of system logs: 15.9 : 1 and 14.5 : 1).
 */
const zstdParams = { [zlib.constants.ZSTD_c_compressionLevel]: 1, [zlib.constants.ZSTD_c_windowLog]: 18 }

/** Compresses the records part of a batch. gzip and zstd run on libuv's threads; snappy and lz4 (WebAssembly) on this one. */
export async function compress(records: Buffer, compression: Exclude<Compression, 'none'>): Promise<Buffer> {
  switch (compression) {
    case 'gzip':
      return await gzip(records, { level: 1, chunkSize: packedChunkSize })
    case 'zstd':
      return await zstdCompress(records, { chunkSize: packedChunkSize, params: zstdParams })
    case 'snappy':
    case 'lz4':
      return compressionsAlgorithms[compression].compressSync(records)
  }
}

/** Unpacks the records part of a batch; rejects with `kafka_corrupt` where it cannot be unpacked. */
export async function decompress(packed: Buffer, compression: Exclude<Compression, 'none'>): Promise<Buffer> {
  const chunks = packed.length <= small.packedBytes ? small.chunkSize : chunkSize
  try {
    switch (compression) {
      case 'gzip':
        return await gunzip(packed, { maxOutputLength: maxUnpackedBytes, chunkSize: chunks })
      case 'zstd':
        return await zstdDecompress(packed, { maxOutputLength: maxUnpackedBytes, chunkSize: chunks })
      case 'snappy':
      case 'lz4':
        return compressionsAlgorithms[compression].decompressSync(packed)
    }
  } catch (cause) {
    throw new LogpipeError('kafka_corrupt', `A record batch could not be unpacked as ${compression}.`, { cause })
  }
}

/**
 * Gives the memory of what `decompress` resolved to back at once; nobody may use it afterwards. Left to the garbage collector,
 * buffers of a megabyte make it walk the whole heap every few dozen of them: more work than reading what is in them.
 */
export function freeUnpacked(unpacked: Buffer): void {
  // zlib's chunks are buffers of their own. Anything smaller may share its memory with others (Node.js's pool, WebAssembly).
  const { buffer } = unpacked
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= small.chunkSize) buffer.transfer(0)
}
