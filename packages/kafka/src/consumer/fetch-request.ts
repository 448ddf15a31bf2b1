import { type Reader, type ResponseParser, Writer } from '@platformatic/kafka'

/** Fetch v12: the newest that names topics instead of their ids; Kafka 2.7 and newer. */
export const fetchApi = { key: 1, version: 12 } as const

export interface FetchPosition {
  topic: string
  partition: number
  offset: number
  maxBytes: number
}

export interface FetchLimits {
  maxWaitMs: number
  maxBytes: number
}

export interface AbortedTransaction {
  producerId: bigint
  firstOffset: number
}

export interface FetchedPartition {
  topic: string
  partition: number
  errorCode: number
  highWatermark: number
  logStartOffset: number
  aborted: readonly AbortedTransaction[]
  /** Record batches as they lie in the log, the last one possibly cut off. */
  raw: Buffer
}

/** A full fetch without a session; reads committed records only, and answers as soon as there is one byte. */
export function writeFetchRequest(positions: readonly FetchPosition[], limits: FetchLimits): Writer {
  const byTopic = [...Map.groupBy(positions, ({ topic }) => topic)]
  return Writer.create()
    .appendInt32(-1) // replica id: a consumer
    .appendInt32(limits.maxWaitMs)
    .appendInt32(1) // min bytes
    .appendInt32(limits.maxBytes)
    .appendInt8(1) // isolation: read committed
    .appendInt32(0) // session id
    .appendInt32(-1) // session epoch: none
    .appendArray(byTopic, (w, [topic, rows]) => {
      w.appendString(topic).appendArray(rows, (w2, position) => {
        w2.appendInt32(position.partition)
          .appendInt32(-1) // leader epoch: do not check
          .appendInt64(BigInt(position.offset))
          .appendInt32(-1) // last fetched epoch
          .appendInt64(-1n) // log start offset
          .appendInt32(position.maxBytes)
      })
    })
    .appendArray([], () => undefined) // forgotten topics
    .appendString('') // rack
    .appendTaggedFields()
}

/** Partitions' outcomes as values; throws nothing for a partition's error. */
export const readFetchResponse: ResponseParser<{ errorCode: number; partitions: FetchedPartition[] }> = (
  _id,
  _key,
  _version,
  reader,
) => {
  reader.readInt32() // throttle time
  const errorCode = reader.readInt16()
  reader.readInt32() // session id
  const partitions: FetchedPartition[] = []
  reader.readArray((r) => {
    const topic = r.readString()
    r.readArray((r2) => {
      partitions.push(readPartition(r2, topic))
    })
  })
  return { errorCode, partitions }
}

function readPartition(reader: Reader, topic: string): FetchedPartition {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const highWatermark = Number(reader.readInt64())
  reader.readInt64() // last stable offset
  const logStartOffset = Number(reader.readInt64())
  const aborted =
    reader.readNullableArray((r) => ({ producerId: r.readInt64(), firstOffset: Number(r.readInt64()) })) ?? []
  reader.readInt32() // preferred read replica
  const length = reader.readUnsignedVarInt() - 1
  let raw: Buffer = Buffer.alloc(0)
  if (length > 0) {
    raw = owned(reader.buffer.slice(reader.position, reader.position + length))
    reader.skip(length)
  }
  return { topic, partition, errorCode, highWatermark, logStartOffset, aborted, raw }
}

/**
 * Records that wait (an index takes nothing, say) must not keep more than they are: a few bytes of a quiet partition may lie in a piece of the
 * network that holds thousands of others'. What is most of its piece is left where it is.
 */
function owned(raw: Buffer): Buffer {
  if (raw.length * 2 >= raw.buffer.byteLength) return raw
  const copy = Buffer.allocUnsafeSlow(raw.length)
  raw.copy(copy)
  return copy
}
