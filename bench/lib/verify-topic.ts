import { offsetHeader, sourceHeader } from '@logpipe/config'
import { type Cluster, type RecordCursor, TopicReader, partitionKey } from '@logpipe/kafka'
import type { Tally } from './tally.ts'

const offsetName = Buffer.from(offsetHeader)
const sourceName = Buffer.from(sourceHeader)

/** Where a record says that it comes from. */
export interface RecordOrigin {
  path: string
  offset: number
}

/** Reads a record's origin. Throws a sentence where it has none. */
export type ReadOrigin = (cursor: RecordCursor) => RecordOrigin

/** Records that the topic holds at this moment, by its end offsets. */
export async function countRecords(cluster: Cluster, topic: string, signal: AbortSignal): Promise<number> {
  const ends = await endOffsets(cluster, topic, signal)
  return [...ends.values()].reduce((sum, end) => sum + end, 0)
}

/**
 * Reads the whole topic and compares each record with the one of the file that it says it is. Throws a sentence where one is
 * missing, double or other than in the file.
 */
export async function verifyTopic(
  cluster: Cluster,
  topic: string,
  tally: Tally,
  readOrigin: ReadOrigin,
  signal: AbortSignal,
): Promise<void> {
  const ends = await endOffsets(cluster, topic, signal)
  const reader = new TopicReader(cluster, { maxPartitionBytes: 8 << 20 })
  for (let partition = 0; partition < ends.size; partition++) {
    const end = ends.get(partitionKey(topic, partition)) ?? 0
    const open = reader.open(topic, partition, 0)
    while (open.position < end) {
      for (const batch of await open.fetch(signal)) {
        const cursor = await batch.open()
        while (cursor.next()) {
          const { path, offset } = readOrigin(cursor)
          tally.meet(path, offset, cursor.buffer, cursor.valueStart, cursor.valueEnd)
        }
      }
    }
  }
  tally.requireAll()
}

/** Reads origins from the headers that logagent writes. `onSource` gets each distinct `source` header once. */
export function originFromHeaders(onSource: (source: string) => void = () => {}): ReadOrigin {
  const paths = new Map<string, string>()
  const origin: RecordOrigin = { path: '', offset: 0 }
  return (cursor) => {
    if (!cursor.findHeader(sourceName)) throw new Error(`The record at ${cursor.offset} has no source header.`)
    const source = cursor.buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd)
    let path = paths.get(source)
    if (path === undefined) {
      path = (JSON.parse(source) as { path: string }).path
      paths.set(source, path)
      onSource(source)
    }
    if (!cursor.findHeader(offsetName)) throw new Error(`The record at ${cursor.offset} has no offset header.`)
    origin.path = path
    origin.offset = Number(cursor.buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd))
    return origin
  }
}

async function endOffsets(cluster: Cluster, topic: string, signal: AbortSignal): Promise<Map<string, number>> {
  const count = await cluster.partitionCount(topic, signal)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  return new Map(await cluster.listOffsets(partitions, 'latest', signal))
}
