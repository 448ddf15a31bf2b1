import { type CollectEntry, deadLetterTopicFault, defaultDeadLetterSuffix, type EntryCheck } from '@logpipe/config'
import { patternProblem } from './usable-pattern.ts'

/**
 * What an agent would refuse in an entry though its schema takes it: patterns that RE2 does not know or that could run away, and a topic that is one of
 * dead letters.
 */
export const entryProblems: EntryCheck = (entry) => {
  const topicFault = deadLetterTopicFault(entry.topic, defaultDeadLetterSuffix)
  const problems = patternsOf(entry).flatMap(({ path, pattern }) => {
    const message = patternProblem(pattern)
    return message === null ? [] : [{ path, message }]
  })
  return topicFault === null ? problems : [{ path: ['topic'], message: topicFault }, ...problems]
}

interface PlacedPattern {
  path: readonly PropertyKey[]
  pattern: string
}

function patternsOf({ includeLines, excludeLines, redact, multiline }: CollectEntry): PlacedPattern[] {
  const inLists = { includeLines, excludeLines, redact: redact.map(({ pattern }) => pattern) }
  const found: PlacedPattern[] = Object.entries(inLists).flatMap(([name, patterns]) =>
    patterns.map((pattern, index) => ({ path: [name, index], pattern })),
  )
  for (const name of ['start', 'continue', 'end'] as const) {
    const pattern = multiline?.[name]
    if (pattern !== undefined) found.push({ path: ['multiline', name], pattern })
  }
  return found
}
