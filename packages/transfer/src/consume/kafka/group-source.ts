import { matchTopic } from '@logpipe/config'
import { type Cluster, GroupConsumer, type GroupConsumerOptions } from '@logpipe/kafka'
import { isLogpipeError, sleep } from '@logpipe/runtime'
import type { Events } from '../../events.ts'
import type { AssignmentHandlers, RecordSource } from '../source.ts'

export interface GroupSourceOptions extends GroupConsumerOptions {
  /** Globs of topics; with `!` in front what to leave out. */
  topics: readonly string[]
  /** How often new topics are looked for. */
  topicRefreshMs: number
  /** Topics that end so are never read. */
  deadLetterSuffix: string
}

/** Records of all topics that match, shared out by a Kafka consumer group. */
export class GroupSource implements RecordSource {
  readonly #cluster: Cluster
  readonly #options: GroupSourceOptions
  readonly #events: Events
  readonly #consumer: GroupConsumer

  constructor(cluster: Cluster, options: GroupSourceOptions, events: Events) {
    this.#cluster = cluster
    this.#options = options
    this.#events = events
    this.#consumer = new GroupConsumer(cluster, options)
  }

  async run(handlers: AssignmentHandlers, signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const looking = this.#lookForTopics(AbortSignal.any([signal, stop.signal]))
    try {
      await this.#consumer.run({ topics: [], ...handlers }, signal)
    } finally {
      stop.abort()
      await looking
    }
  }

  /** Keeps the consumer's topics those that match now. Polling: topics come and go without anyone telling us. */
  async #lookForTopics(signal: AbortSignal): Promise<void> {
    let known = ''
    while (!signal.aborted) {
      try {
        const topics = selectTopics(await this.#cluster.topics(signal), this.#options)
        // An empty list is rather a cluster that is just starting than one whose topics were all deleted.
        if (topics.length === 0 && known === '') this.#events.topicsMissing(this.#options.topics)
        if (topics.length > 0 && topics.join(' ') !== known) {
          known = topics.join(' ')
          this.#events.topicsMatched(topics)
          this.#consumer.setTopics(topics)
        }
      } catch (error) {
        if (signal.aborted) return
        if (!isLogpipeError(error)) throw error
        this.#events.topicsListFailed(error)
      }
      await sleep(this.#options.topicRefreshMs, signal).catch(() => {})
    }
  }
}

/** Those of `topics` that the globs name, sorted; never dead letters, nor logpipe's own topics unless named in full. */
export function selectTopics(
  topics: readonly string[],
  { topics: globs, deadLetterSuffix }: Pick<GroupSourceOptions, 'topics' | 'deadLetterSuffix'>,
): string[] {
  const isOurs = (topic: string): boolean => topic.startsWith('logpipe.') && !globs.includes(topic)
  return topics
    .filter((topic) => matchTopic(globs, topic) && !topic.endsWith(deadLetterSuffix) && !isOurs(topic))
    .sort()
}
