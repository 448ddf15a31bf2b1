import {
  deadLetterHeaderPrefix,
  deadLetterHeaders as names,
  deadLetterTopicConfigs,
  replayedIdHeader,
} from '@logpipe/config'
import {
  type Cluster,
  encodeRecords,
  groupByBytes,
  type PlainRecord,
  Producer,
  recordBytes,
  type RecordHeader,
} from '@logpipe/kafka'
import { isLogpipeError } from '@logpipe/runtime'
import type { Events } from '../../events.ts'
import type { DeadLetter, DeadLetterSink } from '../dead-letter.ts'

/** Letters of one batch, before compression; what is larger goes alone. */
const batchBytes = 524_288

/** Stores dead letters in `<topic><suffix>`, which is made where it is missing, with as many partitions as the topic has. */
export class KafkaDeadLetters implements DeadLetterSink {
  readonly #cluster: Cluster
  readonly #suffix: string
  readonly #events: Events
  readonly #producer: Producer
  readonly #partitions = new Map<string, number>()

  constructor(cluster: Cluster, suffix: string, events: Events) {
    this.#cluster = cluster
    this.#suffix = suffix
    this.#events = events
    this.#producer = new Producer(cluster)
  }

  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    for (const group of groupByBytes(letters, sizeOf, batchBytes)) await this.#send(group, signal)
  }

  /** The cluster stays the caller's, who closes it. */
  async close(): Promise<void> {
    this.#producer.close()
  }

  async #send(group: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const [first] = group
    if (first === undefined) return
    const topic = first.topic + this.#suffix
    const partition = first.partition % (await this.#partitionsOf(first.topic, topic, signal))
    try {
      await this.#producer.send(topic, partition, await encodeRecords(group.map(recordOf), 'zstd'), signal)
    } catch (error) {
      // Also where the try was given up: the producer waits for a topic that is gone for longer than one try may take, and nobody else
      // makes it again.
      if (isLogpipeError(error, 'kafka_topic_missing') || signal.aborted) this.#partitions.delete(topic)
      if (!isLogpipeError(error, 'kafka_record_too_large')) throw error
      if (group.length > 1) {
        for (const letter of group) await this.#send([letter], signal)
      } else {
        await this.#producer.send(topic, partition, await encodeRecords([truncated(first)], 'zstd'), signal)
        this.#events.deadLetterTruncated(first, first.offset)
      }
    }
  }

  async #partitionsOf(topic: string, letterTopic: string, signal: AbortSignal): Promise<number> {
    const known = this.#partitions.get(letterTopic)
    if (known !== undefined) return known
    const partitions = await this.#cluster.partitionCount(topic, signal)
    const options = { partitions, replication: 'auto', configs: deadLetterTopicConfigs } as const
    const count = await this.#cluster.ensureTopic(letterTopic, options, signal)
    this.#partitions.set(letterTopic, count)
    return count
  }
}

/**
 * The record as it was, with the reason beside it. Its time is now, since retention goes by it; the original time is kept
 * in `dlq.timestamp`. Headers that look like ours are left out, so that each of ours stands once; `dlq.id` belongs to the record.
 */
function recordOf(letter: DeadLetter): PlainRecord {
  const { key, value, headers } = letter
  const own = headers.filter(
    (header) => !header.key.startsWith(deadLetterHeaderPrefix) || header.key === replayedIdHeader,
  )
  return { key, value, headers: [...own, ...reasonHeaders(letter)] }
}

function sizeOf(letter: DeadLetter): number {
  return recordBytes(recordOf(letter))
}

function truncated(letter: DeadLetter): PlainRecord {
  const length = letter.value?.length ?? 0
  const record = recordOf({ ...letter, value: Buffer.alloc(0) })
  return { ...record, headers: [...(record.headers ?? []), header(names.truncated, length)] }
}

/** One that was replayed before brings the time along that it had at first. */
function ownTime({ headers, timestampMs }: DeadLetter): string | number {
  const brought = headers.find(({ key }) => key === names.timestamp)?.value?.toString('latin1') ?? ''
  return /^-?\d{1,16}$/.test(brought) ? brought : timestampMs
}

function reasonHeaders(letter: DeadLetter): RecordHeader[] {
  return [
    header(names.reason, letter.reason),
    header(names.type, letter.type),
    header(names.stage, letter.stage),
    header(names.topic, letter.topic),
    header(names.partition, letter.partition),
    header(names.offset, letter.offset),
    header(names.attempts, letter.attempts),
    header(names.timestamp, ownTime(letter)),
    header(names.at, new Date().toISOString()),
  ]
}

function header(key: string, value: string | number): RecordHeader {
  return { key, value: Buffer.from(String(value)) }
}
