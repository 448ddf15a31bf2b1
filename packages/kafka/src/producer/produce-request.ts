import { type Connection, type Reader, type ResponseParser, Writer } from '@platformatic/kafka'
import { GatheredWrites, type Insert, type Written } from './gather.ts'

/** Produce v9: the oldest with compact encoding; Kafka 2.8 and newer. */
const produceApi = { key: 0, version: 9 } as const

export interface PartitionBatch {
  topic: string
  partition: number
  bytes: Buffer
}

export interface PartitionOutcome {
  topic: string
  partition: number
  errorCode: number
  baseOffset: number
  errorMessage: string | null
}

/**
 * Sends one request; resolves to the partitions' outcomes; where nobody answers (acks 0) to none, when it has left the socket. Rejects with the library's error, and
 * breaks the connection: its socket may still hold the batches' own memory, which is used again once another broker has taken them.
 */
export function exchangeProduce(
  connection: Connection,
  batches: readonly PartitionBatch[],
  acks: number,
  timeoutMs: number,
): Promise<PartitionOutcome[]> {
  const { promise, resolve, reject } = Promise.withResolvers<PartitionOutcome[]>()
  // Where nobody answers, the library calls back at once, while the socket still holds the batches' memory, and watches no time.
  const deadline = acks === 0 ? setTimeout(() => connection.socket.destroy(), timeoutMs) : undefined
  const written = (error?: Error | null): void => {
    clearTimeout(deadline)
    if (error) reject(error)
    else resolve([])
  }
  connection.send<PartitionOutcome[]>(
    produceApi.key,
    produceApi.version,
    () => writeProduceRequest(GatheredWrites.of(connection), batches, acks, timeoutMs, written),
    readProduceResponse,
    true,
    true,
    (error, outcomes) => {
      if (error === null || error === undefined) {
        if (acks !== 0) resolve(Array.isArray(outcomes) ? outcomes : [])
        return
      }
      clearTimeout(deadline)
      connection.socket.destroy()
      reject(error)
    },
  )
  return promise
}

/** One request with at most one batch a partition; the batches themselves are announced, not in it. */
function writeProduceRequest(
  gathered: GatheredWrites,
  batches: readonly PartitionBatch[],
  acks: number,
  timeoutMs: number,
  written: Written,
): Writer {
  const byTopic = [...Map.groupBy(batches, ({ topic }) => topic)]
  const writer = Writer.create()
  const places: { at: number; bytes: Buffer }[] = []
  writer
    .appendString(null) // transactional id
    .appendInt16(acks)
    .appendInt32(timeoutMs)
    .appendArray(byTopic, (w, [topic, rows]) => {
      w.appendString(topic).appendArray(rows, (w2, { partition, bytes }) => {
        w2.appendInt32(partition).appendUnsignedVarInt(bytes.length + 1)
        places.push({ at: w2.length, bytes })
      })
    })
    .appendTaggedFields()
  const inserts = places.map(({ at, bytes }): Insert => ({ tailLength: writer.length - at, bytes }))
  gathered.announce(inserts, acks === 0 ? written : undefined)
  writer.context['noResponse'] = acks === 0
  return writer
}

/** Every partition's outcome as a value: one partition's error must not hide the others' acknowledgements. */
const readProduceResponse: ResponseParser<PartitionOutcome[]> = (_id, _key, _version, reader) => {
  const outcomes: PartitionOutcome[] = []
  reader.readArray((r) => {
    const topic = r.readString()
    r.readArray((r2) => {
      outcomes.push(readPartition(r2, topic))
    })
  })
  return outcomes
}

function readPartition(reader: Reader, topic: string): PartitionOutcome {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const baseOffset = Number(reader.readInt64())
  reader.readInt64() // log append time
  reader.readInt64() // log start offset
  let recordError: string | null = null
  reader.readNullableArray((r) => {
    r.readInt32() // index in the batch
    // Read in any case: what `??=` leaves out would be taken for what follows.
    const message = r.readNullableString()
    recordError ??= message
  })
  const errorMessage = reader.readNullableString() ?? recordError
  return { topic, partition, errorCode, baseOffset, errorMessage }
}
