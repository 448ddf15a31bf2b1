import { deadLetterTopicFault, matchTopic } from '@logpipe/config'
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
      const onUnsettled = (error: unknown): void => this.#events.groupUnsettled(error)
      await this.#consumer.run({ topics: [], onUnsettled, ...handlers }, signal)
    } finally {
      stop.abort()
      await looking
    }
  }

  /** Keeps the consumer's topics those that match now. Polling: topics come and go without anyone telling us. */
  async #lookForTopics(signal: AbortSignal): Promise<void> {
    let known = ''
    let told = ''
    const letters = lettersNamed(this.#options)
    if (letters.length > 0) this.#events.lettersNamed(letters)
    while (!signal.aborted) {
      try {
        const { topics, tooLong } = selectTopics(await this.#cluster.topics(signal), this.#options)
        if (tooLong.length > 0 && tooLong.join(' ') !== told) this.#events.topicsTooLong(tooLong)
        told = tooLong.join(' ')
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

/**
 * Those of `topics` that the globs name, sorted; never dead letters, nor logpipe's own topics unless named in full. `tooLong`: what is
 * left out because its dead letters could not have a topic, so that one of them would stop it for good.
 */
export function selectTopics(
  topics: readonly string[],
  { topics: globs, deadLetterSuffix }: Pick<GroupSourceOptions, 'topics' | 'deadLetterSuffix'>,
): { topics: string[]; tooLong: string[] } {
  const isOurs = (topic: string): boolean => topic.startsWith('logpipe.') && !globs.includes(topic)
  const isTooLong = (topic: string): boolean => deadLetterTopicFault(topic, deadLetterSuffix) !== null
  const named = topics
    .filter((topic) => matchTopic(globs, topic) && !topic.endsWith(deadLetterSuffix) && !isOurs(topic))
    .sort()
  return { topics: named.filter((topic) => !isTooLong(topic)), tooLong: named.filter(isTooLong) }
}

/** The topics that are named in full and never read all the same: they end as those of dead letters do. */
export function lettersNamed({
  topics: globs,
  deadLetterSuffix,
}: Pick<GroupSourceOptions, 'topics' | 'deadLetterSuffix'>): string[] {
  return globs.filter((glob) => !/[*?!]/.test(glob) && glob.endsWith(deadLetterSuffix))
}
