import { offsetHeader, sourceHeader, type Source } from '@logpipe/config'
import { Cluster, type RecordCursor, TopicReader } from '@logpipe/kafka'
import type { FoundLine } from './oracle.ts'
import { waitFor } from './wait-for.ts'

export interface ReadTopicOptions {
  brokers: readonly string[]
  topic: string
  /** Ends the reading early; a deadline is a good idea. Default: 60 s. */
  signal?: AbortSignal
}

/** A record that the agent wrote, or anybody. */
export interface TopicRecord {
  partition: number
  offset: number
  /** `null` for a tombstone. */
  value: Buffer | null
  /** Parsed header; `null` where there is none. */
  source: Source | null
  /** The line's byte offset in its file; −1 where there is no such header. */
  lineOffset: number
}

const sourceName = Buffer.from(sourceHeader)
const offsetName = Buffer.from(offsetHeader)

/** Yields every record that the topic holds now, partition after partition, each in its order. */
export async function* readTopic(options: ReadTopicOptions): AsyncGenerator<TopicRecord> {
  const { brokers, topic, signal = AbortSignal.timeout(60_000) } = options
  const cluster = new Cluster({ brokers, clientId: 'testkit' })
  try {
    const count = await cluster.partitionCount(topic, signal)
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    // A partition that was just made, or lost its leader, has none for a moment.
    const offsets = (at: 'earliest' | 'latest'): Promise<Map<string, number>> =>
      waitFor(() => cluster.listOffsets(partitions, at, signal), { what: `the ${at} offsets of topic ${topic}` })
    const first = await offsets('earliest')
    const end = await offsets('latest')
    const reader = new TopicReader(cluster, { maxPartitionBytes: 4 << 20 })
    for (const { partition } of partitions) {
      const from = first.get(`${topic}:${partition}`) ?? 0
      const to = end.get(`${topic}:${partition}`) ?? from
      const opened = reader.open(topic, partition, from)
      while (opened.position < to) {
        for (const batch of await opened.fetch(signal)) {
          const cursor = await batch.open()
          while (cursor.next()) if (cursor.offset >= from && cursor.offset < to) yield record(cursor, partition)
        }
      }
    }
  } finally {
    await cluster.close()
  }
}

/** The records of a topic as lines for the oracle: in order of arrival within each source. */
export async function* readTopicLines(options: ReadTopicOptions): AsyncGenerator<FoundLine> {
  for await (const { partition, offset, value, source } of readTopic(options)) {
    yield {
      line: value ?? '',
      // A source that is spread over partitions has no order; then each partition is judged by itself.
      stream: `${source?.id ?? 'no source'}@${partition}`,
      position: offset,
      place: `${options.topic} ${partition}@${offset}`,
    }
  }
}

function record(cursor: RecordCursor, partition: number): TopicRecord {
  const { buffer, offset, valueStart, valueEnd } = cursor
  const source = cursor.findHeader(sourceName)
    ? (JSON.parse(buffer.toString('utf8', cursor.headerValueStart, cursor.headerValueEnd)) as Source)
    : null
  const lineOffset = cursor.findHeader(offsetName)
    ? Number(buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd))
    : -1
  const value = valueStart < 0 ? null : Buffer.from(buffer.subarray(valueStart, valueEnd))
  return { partition, offset, value, source, lineOffset }
}
