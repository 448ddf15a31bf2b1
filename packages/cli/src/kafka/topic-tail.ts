import { matchTopic, topicFault } from '@logpipe/config'
import {
  Cluster,
  partitionKey,
  type ReadPartition,
  type RecordCursor,
  type TopicPartition,
  TopicReader,
} from '@logpipe/kafka'
import { LogpipeError, sleep } from '@logpipe/runtime'
import type { CliSettings } from '../settings.ts'
import { passesByItself, patiently } from './patiently.ts'

/** All topics that hold lines: not dead letters, not logpipe's own. */
const lineTopics = ['*', '!*.dlq', '!logpipe.*']

/** Between two looks for new topics and partitions. */
const lookMs = 3_000

/** A partition that is not followed yet, and the first offset that counts. */
interface Follow {
  partition: ReadPartition
  from: number
}

export type OnRecord = (topic: string, partition: number, cursor: RecordCursor) => Promise<void>

/** Globs from what was typed: topics or globs with commas between them; all topics that hold lines where nothing was. */
export function topicGlobs(typed: string | undefined): string[] {
  if (typed === undefined) return lineTopics
  return typed.split(',').map((glob) => {
    const fault = topicFault(glob.replace(/^!/, '').replaceAll(/[*?]/g, 'x'))
    if (fault === null) return glob
    throw new LogpipeError('settings_invalid', `'${glob}' is no topic and no glob of topics: it ${fault}.`)
  })
}

/** Follows the end of topics without a group, so that it disturbs nobody. One owner; close it. */
export class TopicTail {
  readonly #cluster: Cluster
  readonly #reader: TopicReader
  readonly #globs: string[]
  readonly #known = new Set<string>()
  readonly #fresh: Follow[] = []
  #turn = Promise.resolve()

  constructor(settings: NonNullable<CliSettings['kafka']>, globs: string[]) {
    this.#cluster = new Cluster({ ...settings, clientId: 'logctl' })
    this.#reader = new TopicReader(this.#cluster)
    this.#globs = globs
  }

  /** Finds the ends of the topics that match now and returns their names; rejects where there is none, or no Kafka. */
  async start(signal: AbortSignal): Promise<string[]> {
    await patiently(() => this.#look('latest', signal), signal)
    const topics = new Set(this.#fresh.map(({ partition }) => partition.topic))
    if (topics.size > 0) return [...topics].sort()
    const message = `There is no topic that matches ${this.#globs.join(',')}; logctl status lists them.`
    throw new LogpipeError('kafka_topic_missing', message)
  }

  /**
   * Hands every record that comes in to `onRecord`, one at a time, until `signal` aborts; topics and partitions that are made
   * later are followed from their first record. Rejects where a topic may not be read.
   */
  async run(onRecord: OnRecord, signal: AbortSignal): Promise<void> {
    const broken = new AbortController()
    const stop = AbortSignal.any([signal, broken.signal])
    const follows: Promise<void>[] = []
    while (!stop.aborted) {
      for (const follow of this.#fresh.splice(0)) {
        follows.push(this.#follow(follow, onRecord, stop).catch((error: unknown) => broken.abort(error)))
      }
      await sleep(lookMs, stop)
        .then(() => this.#look('earliest', stop))
        .catch((error: unknown) => {
          // The next look may succeed; the fetches wait for Kafka by themselves.
          if (!passesByItself(error)) broken.abort(error)
        })
    }
    await Promise.all(follows)
    if (!signal.aborted) throw broken.signal.reason
  }

  async close(): Promise<void> {
    await this.#cluster.close()
  }

  async #follow({ partition, from }: Follow, onRecord: OnRecord, signal: AbortSignal): Promise<void> {
    for (;;) {
      for (const batch of await partition.fetch(signal)) {
        const cursor = await batch.open()
        // Partitions are fetched side by side and handed on in turn.
        this.#turn = this.#turn.then(async () => {
          while (!signal.aborted && cursor.next()) {
            if (cursor.offset >= from) await onRecord(partition.topic, partition.partition, cursor)
          }
        })
        await this.#turn
      }
    }
  }

  /** Opens the partitions that are not known yet, at their end or their beginning. */
  async #look(at: 'earliest' | 'latest', signal: AbortSignal): Promise<void> {
    const found: TopicPartition[] = []
    for (const topic of await this.#cluster.topics(signal)) {
      if (!matchTopic(this.#globs, topic)) continue
      const count = await this.#cluster.partitionCount(topic, signal)
      for (let partition = 0; partition < count; partition++) {
        if (!this.#known.has(partitionKey(topic, partition))) found.push({ topic, partition })
      }
    }
    if (found.length === 0) return
    const offsets = await this.#cluster.listOffsets(found, at, signal)
    for (const { topic, partition } of found) {
      const from = offsets.get(partitionKey(topic, partition))
      if (from === undefined) continue
      this.#known.add(partitionKey(topic, partition))
      this.#fresh.push({ partition: this.#reader.open(topic, partition, from), from })
    }
  }
}
