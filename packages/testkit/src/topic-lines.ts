import { offsetHeader, sourceHeader, sourceIdLength, type Source } from '@logpipe/config'
import { Cluster, type ReadPartition, type RecordCursor, TopicReader } from '@logpipe/kafka'
import type { FoundLine } from './oracle.ts'
import { waitFor } from './wait-for.ts'

export interface ReadTopicOptions {
  brokers: readonly string[]
  topic: string
  /** Further headers to read, by name. */
  headers?: readonly string[]
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
  /** Those of the headers asked for that it has, as text. */
  headers: Readonly<Record<string, string>>
}

const sourceName = Buffer.from(sourceHeader)
const offsetName = Buffer.from(offsetHeader)

/** A topic that is read on and on: each look yields what has come since the last one. One owner, one look at a time. */
export class TopicTail {
  readonly #topic: string
  readonly #cluster: Cluster
  readonly #reader: TopicReader
  readonly #headers: readonly Buffer[]
  #partitions: ReadPartition[] = []

  constructor({ brokers, topic, headers = [] }: Omit<ReadTopicOptions, 'signal'>) {
    this.#topic = topic
    this.#headers = headers.map((name) => Buffer.from(name))
    this.#cluster = new Cluster({ brokers, clientId: 'testkit' })
    this.#reader = new TopicReader(this.#cluster, { maxPartitionBytes: 4 << 20 })
  }

  /**
   * Yields what the topic holds now and no look has yielded before, partition after partition, each in its order. Rejects where there
   * is no such topic. Read it to its end: what a look that is broken off has fetched, no other yields.
   */
  async *look(signal: AbortSignal): AsyncGenerator<TopicRecord> {
    if (this.#partitions.length === 0) this.#partitions = await this.#open(signal)
    const end = await this.#offsets('latest', this.#partitions, signal)
    for (const opened of this.#partitions) {
      const { partition, position } = opened
      const to = end.get(`${this.#topic}:${partition}`) ?? position
      while (opened.position < to) {
        for (const batch of await opened.fetch(signal)) {
          const cursor = await batch.open()
          while (cursor.next()) if (cursor.offset >= position) yield record(cursor, partition, this.#headers)
        }
      }
    }
  }

  close(): Promise<void> {
    return this.#cluster.close()
  }

  async #open(signal: AbortSignal): Promise<ReadPartition[]> {
    const count = await this.#cluster.partitionCount(this.#topic, signal)
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic: this.#topic, partition }))
    const first = await this.#offsets('earliest', partitions, signal)
    return partitions.map(({ topic, partition }) =>
      this.#reader.open(topic, partition, first.get(`${topic}:${partition}`) ?? 0),
    )
  }

  /** A partition that was just made, or lost its leader, has none for a moment. */
  #offsets(
    at: 'earliest' | 'latest',
    partitions: readonly { topic: string; partition: number }[],
    signal: AbortSignal,
  ): Promise<Map<string, number>> {
    const asked = partitions.map(({ topic, partition }) => ({ topic, partition }))
    const what = `the ${at} offsets of topic ${this.#topic}`
    return waitFor(() => this.#cluster.listOffsets(asked, at, signal), { what })
  }
}

/** Yields every record that the topic holds now, partition after partition, each in its order. */
export async function* readTopic(options: ReadTopicOptions): AsyncGenerator<TopicRecord> {
  const { signal = AbortSignal.timeout(60_000) } = options
  const tail = new TopicTail(options)
  try {
    yield* tail.look(signal)
  } finally {
    await tail.close()
  }
}

/** The records of a topic as lines for the oracle: in order of arrival within each source. */
export async function* readTopicLines(options: ReadTopicOptions): AsyncGenerator<FoundLine> {
  for await (const { partition, offset, value, source } of readTopic(options)) {
    yield {
      line: value ?? '',
      // A source that is spread over partitions has no order; then each partition is judged by itself.
      stream: `${streamOf(source)}@${partition}`,
      position: offset,
      place: `${options.topic} ${partition}@${offset}`,
    }
  }
}

/** The source id of a record, without the epoch that may stand before it. */
export function streamOf(source: Source | null): string {
  return source?.id.slice(-sourceIdLength) ?? 'no source'
}

function record(cursor: RecordCursor, partition: number, names: readonly Buffer[]): TopicRecord {
  const { buffer, offset, valueStart, valueEnd } = cursor
  const source = cursor.findHeader(sourceName)
    ? (JSON.parse(buffer.toString('utf8', cursor.headerValueStart, cursor.headerValueEnd)) as Source)
    : null
  const lineOffset = cursor.findHeader(offsetName)
    ? Number(buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd))
    : -1
  const value = valueStart < 0 ? null : Buffer.from(buffer.subarray(valueStart, valueEnd))
  const headers: Record<string, string> = {}
  for (const name of names) {
    if (cursor.findHeader(name)) {
      headers[name.toString()] = buffer.toString('utf8', cursor.headerValueStart, cursor.headerValueEnd)
    }
  }
  return { partition, offset, value, source, lineOffset, headers }
}
