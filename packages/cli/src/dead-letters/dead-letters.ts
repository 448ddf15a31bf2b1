import { deadLetterHeaders } from '@logpipe/config'
import { Cluster, partitionKey, Producer, type TopicPartition, TopicReader } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { patiently } from '../kafka/patiently.ts'
import { readRecords, type WholeRecord } from '../kafka/read-records.ts'
import type { CliSettings } from '../settings.ts'
import { type LetterFilter, wantsLetter, wantsTopic } from './filter.ts'
import { type Address, formatAddress, type Letter, readLetter } from './letter.ts'
import { type LetterState, Marks } from './marks.ts'

/** Bytes of one fetch: letters are read from end to end. */
const maxPartitionBytes = 4_194_304

/** All dead-letter topics of a Kafka, and what was decided of their letters. One owner; close it. */
export class DeadLetters {
  readonly cluster: Cluster
  readonly producer: Producer
  readonly marks: Marks
  readonly #suffix: string
  readonly #reader: TopicReader

  private constructor(parts: {
    cluster: Cluster
    producer: Producer
    reader: TopicReader
    marks: Marks
    suffix: string
  }) {
    this.cluster = parts.cluster
    this.producer = parts.producer
    this.marks = parts.marks
    this.#reader = parts.reader
    this.#suffix = parts.suffix
  }

  /** Connects and reads the marks. Rejects with a sentence where no Kafka answers. */
  static async open(
    settings: NonNullable<CliSettings['kafka']>,
    { suffix, marks: topic }: CliSettings['deadLetters'],
    signal: AbortSignal,
  ): Promise<DeadLetters> {
    const cluster = new Cluster({ ...settings, clientId: 'logctl' })
    const producer = new Producer(cluster)
    const reader = new TopicReader(cluster, { maxPartitionBytes })
    try {
      const marks = await patiently(() => Marks.load(topic, { cluster, reader, producer }, signal), signal)
      return new DeadLetters({ cluster, producer, reader, marks, suffix })
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  async close(): Promise<void> {
    this.producer.close()
    await this.cluster.close()
  }

  /** The dead-letter topics that the filter wants, sorted. */
  async topics(filter: LetterFilter, signal: AbortSignal): Promise<string[]> {
    const names = await patiently(() => this.cluster.topics(signal), signal)
    const suffix = this.#suffix
    const isLetters = (name: string): boolean =>
      name.endsWith(suffix) && name !== suffix && name !== this.marks.topic && wantsTopic(filter, name, suffix)
    return names.filter(isLetters).sort()
  }

  /** Yields the wanted letters in these states that are there now, topic by topic; of copies the first. */
  async *find(
    filter: LetterFilter,
    states: ReadonlySet<LetterState>,
    signal: AbortSignal,
  ): AsyncGenerator<Letter, void, void> {
    for (const topic of await this.topics(filter, signal)) {
      const seen = new Set<string>()
      for await (const letter of this.all(topic, filter.sinceMs, signal)) {
        if (seen.has(letter.identity)) continue
        seen.add(letter.identity)
        if (states.has(this.marks.stateOf(letter)) && wantsLetter(filter, letter)) yield letter
      }
    }
  }

  /** Yields every letter of a dead-letter topic, copies too, partition by partition; from about `sinceMs` on where given. */
  async *all(topic: string, sinceMs: number | undefined, signal: AbortSignal): AsyncGenerator<Letter, void, void> {
    const count = await patiently(() => this.cluster.partitionCount(topic, signal), signal).catch((error: unknown) => {
      // Deleted since it was listed: so are its letters.
      if (isLogpipeError(error, 'kafka_topic_missing')) return 0
      throw error
    })
    if (count === 0) return
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    const offsets = (at: Parameters<Cluster['listOffsets']>[1]): Promise<Map<string, number>> =>
      patiently(() => this.cluster.listOffsets(partitions, at, signal), signal)
    const [starts, ends] = await Promise.all([
      offsets(sinceMs === undefined ? 'earliest' : { sinceMs }),
      offsets('latest'),
    ])
    for (const at of partitions) {
      const key = partitionKey(at.topic, at.partition)
      const start = starts.get(key) ?? -1
      if (start < 0) continue
      const records = readRecords(this.#reader, at, start, ends.get(key) ?? 0, signal)
      for await (const record of records) yield readLetter(record, this.#suffix)
    }
  }

  /** The letter at this address. Rejects with `kafka_offset_out_of_range` where there is none. */
  async get(address: Address, signal: AbortSignal): Promise<Letter> {
    const record = await this.#record(address, address.offset, signal)
    if (record !== null) return readLetter(record, this.#suffix)
    throw new LogpipeError('kafka_offset_out_of_range', `There is no letter ${formatAddress(address)}.`)
  }

  /** The record that a letter was made of, where its topic still has it; else null. */
  async original({ origin }: Letter, signal: AbortSignal): Promise<WholeRecord | null> {
    if (origin === null) return null
    const record = await this.#record(origin, origin.offset, signal)
    // Another time: the topic was deleted and made again.
    return record !== null && timeOf(record) === origin.timestampMs ? record : null
  }

  async #record(at: TopicPartition, offset: number, signal: AbortSignal): Promise<WholeRecord | null> {
    if (!(await patiently(() => this.cluster.topics(signal), signal)).includes(at.topic)) return null
    if (at.partition >= (await this.cluster.partitionCount(at.topic, signal))) return null
    const key = partitionKey(at.topic, at.partition)
    const bounds = (side: 'earliest' | 'latest'): Promise<Map<string, number>> =>
      patiently(() => this.cluster.listOffsets([at], side, signal), signal)
    const [start, end] = await Promise.all([bounds('earliest'), bounds('latest')])
    if (offset < (start.get(key) ?? 0) || offset >= (end.get(key) ?? 0)) return null
    for await (const record of readRecords(this.#reader, at, offset, offset + 1, signal)) return record
    return null
  }
}

/** A replayed record has its own time in a header. */
function timeOf({ headers, timestampMs }: WholeRecord): number {
  const brought = headers.find(({ key }) => key === deadLetterHeaders.timestamp)?.value
  return brought === undefined || brought === null ? timestampMs : Number(brought.toString('latin1'))
}
