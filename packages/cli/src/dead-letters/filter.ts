import { matchTopic } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { topicGlobs } from '../kafka/topic-tail.ts'
import { moment } from '../time-range.ts'
import type { Letter } from './letter.ts'

/** As typed. */
export interface FilterFlags {
  topic?: string
  type?: string
  reason?: string
  stage?: string
  since?: string
  before?: string
}

/** Which letters are wanted; what is absent does not matter. */
export interface LetterFilter {
  /** Globs of the topics that they were meant for. */
  topics?: readonly string[]
  type?: string
  /** Lower case; stands anywhere in the reason. */
  reason?: string
  stage?: string
  /** Put away at this time or later, milliseconds since 1970. */
  sinceMs?: number
  /** Put away before. */
  beforeMs?: number
}

/** Who puts letters away. */
const stages = ['agent', 'pipeline', 'sink']

/** The filter that was typed. Throws `settings_invalid` with a sentence for what makes no sense. */
export function letterFilter({ topic, type, reason, stage, since, before }: FilterFlags, now: number): LetterFilter {
  // One that is mistyped would find nothing, as if there were no letters.
  if (stage !== undefined && !stages.includes(stage)) {
    throw new LogpipeError('settings_invalid', `--stage is '${stage}': it must be one of ${stages.join(', ')}.`)
  }
  const filter: LetterFilter = {
    ...(topic !== undefined && { topics: topicGlobs(topic) }),
    ...(type !== undefined && { type }),
    ...(reason !== undefined && { reason: reason.toLowerCase() }),
    ...(stage !== undefined && { stage }),
    ...(since !== undefined && { sinceMs: moment('--since', since, now) }),
    ...(before !== undefined && { beforeMs: moment('--before', before, now) }),
  }
  if (filter.sinceMs !== undefined && filter.beforeMs !== undefined && filter.sinceMs >= filter.beforeMs) {
    throw new LogpipeError('settings_invalid', `--since (${since}) is not earlier than --before (${before}).`)
  }
  return filter
}

/** Whether letters of this dead-letter topic are wanted; its own name is as good as that of its lines. */
export function wantsTopic({ topics }: LetterFilter, letterTopic: string, suffix: string): boolean {
  if (topics === undefined) return true
  return matchTopic(topics, letterTopic) || matchTopic(topics, letterTopic.slice(0, -suffix.length))
}

/** Whether this letter of a wanted topic is wanted. */
export function wantsLetter(filter: LetterFilter, letter: Letter): boolean {
  return (
    (filter.type === undefined || letter.type === filter.type) &&
    (filter.stage === undefined || letter.stage === filter.stage) &&
    (filter.reason === undefined || letter.reason.toLowerCase().includes(filter.reason)) &&
    (filter.sinceMs === undefined || letter.writtenMs >= filter.sinceMs) &&
    (filter.beforeMs === undefined || letter.writtenMs < filter.beforeMs)
  )
}
