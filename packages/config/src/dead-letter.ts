import { z } from 'zod'
import { maxTopicLength, topicFault } from './topic.ts'

/** What is put behind a topic's name to make that of its dead letters. */
export const DeadLetterSuffix = z
  .string()
  .max(100)
  .refine(
    (suffix) => topicFault(`x${suffix}`) === null && suffix !== '',
    "may hold letters, digits, '.', '_' and '-' only",
  )
  .default('.dlq')

/** What is put behind a topic's name where nothing else is set. */
export const defaultDeadLetterSuffix = DeadLetterSuffix.parse(undefined)

/**
 * How a topic of dead letters is made, whoever is first. A letter holds the whole record and more, so it may be larger than its topic's; and it
 * stays until someone decides.
 */
export const deadLetterTopicConfigs = { 'max.message.bytes': '10485760', 'retention.ms': '-1' } as const

/**
 * The headers of a dead letter (docs/design/dead-letters.md), beside those of the record that it was. What is put away by the agent
 * was in no topic yet: it has no `partition`, `offset`, `attempts` and `timestamp`.
 */
export const deadLetterHeaders = {
  /** Why, in the words of who refused it. */
  reason: 'dlq.reason',
  /** The name of the kind of error. */
  type: 'dlq.type',
  /** The step that failed: `agent`, `pipeline` or `sink`. */
  stage: 'dlq.stage',
  topic: 'dlq.topic',
  partition: 'dlq.partition',
  offset: 'dlq.offset',
  /** How often it was sent. */
  attempts: 'dlq.attempts',
  /** The record's own time, milliseconds since 1970. */
  timestamp: 'dlq.timestamp',
  /** When it was put away, ISO 8601. */
  at: 'dlq.at',
  /** How many bytes the value has that was not kept; absent where it was. */
  truncated: 'dlq.truncated',
} as const

/** All headers of dead letters begin so. */
export const deadLetterHeaderPrefix = 'dlq.'

/** On a replayed record that is no agent's: the `_id` that it had at first (`foreignDocumentId`). */
export const replayedIdHeader = 'dlq.id'

/** What is wrong with a topic whose dead letters could not have a topic, in a sentence; null where they can. */
export function deadLetterTopicFault(topic: string, suffix: string): string | null {
  const length = topic.length + suffix.length
  if (length <= maxTopicLength) return null
  return (
    `is too long for dead letters: with '${suffix}' behind it, it has ${length} characters, and Kafka takes ${maxTopicLength}; ` +
    'choose a shorter topic or a shorter deadLetter.topicSuffix'
  )
}
