import { readFileSync } from 'node:fs'
import { offsetHeader } from '@logpipe/config'
import { type Cluster, type RecordCursor, TopicReader, partitionKey } from '@logpipe/kafka'
import { lineBytes } from './access-log.ts'

const offsetName = Buffer.from(offsetHeader)

/** Records that the topic holds at this moment, by its end offsets. */
export async function countRecords(cluster: Cluster, topic: string, signal: AbortSignal): Promise<number> {
  const count = await cluster.partitionCount(topic, signal)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const ends = await cluster.listOffsets(partitions, 'latest', signal)
  return [...ends.values()].reduce((sum, end) => sum + end, 0)
}

/**
 * Reads the whole topic and compares each record with the file's line at the offset that it names. Throws a sentence where a
 * line is missing, double or other than in the file. All lines have `lineBytes` bytes, so a line's number is offset / lineBytes.
 */
export async function verifyTopic(cluster: Cluster, topic: string, path: string, signal: AbortSignal): Promise<void> {
  const file = readFileSync(path)
  const lines = file.length / lineBytes
  const seen = new Uint8Array(lines)
  const count = await cluster.partitionCount(topic, signal)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const ends = await cluster.listOffsets(partitions, 'latest', signal)
  const reader = new TopicReader(cluster, { maxPartitionBytes: 8 << 20 })
  let found = 0
  for (const { partition } of partitions) {
    const end = ends.get(partitionKey(topic, partition)) ?? 0
    const open = reader.open(topic, partition, 0)
    while (open.position < end) {
      for (const batch of await open.fetch(signal)) {
        const cursor = await batch.open()
        while (cursor.next()) {
          found++
          markLine(cursor, file, seen)
        }
      }
    }
  }
  if (found !== lines) throw new Error(`The topic holds ${found} records of ${lines} lines.`)
}

function markLine(cursor: RecordCursor, file: Buffer, seen: Uint8Array): void {
  if (!cursor.findHeader(offsetName)) throw new Error(`The record at ${cursor.offset} has no offset header.`)
  const offset = Number(cursor.buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd))
  const line = offset / lineBytes
  if (seen[line] !== 0)
    throw new Error(`Line ${line} is ${seen[line] === undefined ? 'not of the file' : 'there twice'}.`)
  const same =
    cursor.valueEnd - cursor.valueStart === lineBytes - 1 &&
    file.compare(cursor.buffer, cursor.valueStart, cursor.valueEnd, offset, offset + lineBytes - 1) === 0
  if (!same) throw new Error(`Line ${line} is not what the file holds.`)
  seen[line] = 1
}
