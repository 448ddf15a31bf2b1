import { crc32c } from '@node-rs/crc32'
import type { Compression } from '../types.ts'

/**
 * Where the fields of a record batch (magic 2) stand. Source: Kafka's protocol documentation, "Record Batch".
 *
 *   0 baseOffset int64          21 attributes int16       43 producerId int64
 *   8 batchLength int32         23 lastOffsetDelta int32  51 producerEpoch int16
 *  12 partitionLeaderEpoch i32  27 baseTimestamp int64    53 baseSequence int32
 *  16 magic int8                35 maxTimestamp int64     57 recordCount int32
 *  17 crc uint32 (CRC-32C of all from 21 on)              61 records …
 */
export const at = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const

/** Bytes before `batchLength` starts to count: the length covers all that follows it. */
export const lengthPrefixBytes = 12

export const compressionMask = 0b111
export const logAppendTimeMask = 0b1000
export const transactionalMask = 0b10000
export const controlMask = 0b100000

/** Attribute bits by compression; the index is the code in the protocol. */
export const compressionCodes: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Writes all header fields but producer id, epoch, sequence and CRC, which `stamp` adds when the batch is sent. */
export function writeBatchHeader(
  bytes: Buffer,
  fields: { recordCount: number; baseTimestampMs: number; maxTimestampMs: number; compression: Compression },
): void {
  bytes.fill(0, at.baseOffset, at.batchLength)
  bytes.writeInt32BE(bytes.length - lengthPrefixBytes, at.batchLength)
  bytes.writeInt32BE(-1, at.partitionLeaderEpoch)
  bytes[at.magic] = 2
  bytes.writeInt16BE(compressionCodes.indexOf(fields.compression), at.attributes)
  bytes.writeInt32BE(fields.recordCount - 1, at.lastOffsetDelta)
  bytes.writeBigInt64BE(BigInt(fields.baseTimestampMs), at.baseTimestamp)
  bytes.writeBigInt64BE(BigInt(fields.maxTimestampMs), at.maxTimestamp)
  bytes.writeInt32BE(fields.recordCount, at.recordCount)
  stamp(bytes, -1n, -1, -1)
}

/** Sets who sends the batch and its place in the sequence, and seals it with the CRC. May be called again for a new producer id. */
export function stamp(bytes: Buffer, producerId: bigint, producerEpoch: number, baseSequence: number): void {
  bytes.writeBigInt64BE(producerId, at.producerId)
  bytes.writeInt16BE(producerEpoch, at.producerEpoch)
  bytes.writeInt32BE(baseSequence, at.baseSequence)
  bytes.writeUInt32BE(batchCrc(bytes), at.crc)
}

/** CRC-32C of one whole batch. */
export function batchCrc(bytes: Buffer): number {
  return crc32c(bytes.subarray(at.attributes))
}
