import { z } from 'zod'

const maxPatternLength = 4_096

/** What RE2 reads and JavaScript writes in another way, or not at all. */
const flagsInFront = /^\(\?[imsU]+\)/

/** What is wrong with the text of a regular expression, in a sentence; null where it can be one. */
export function regexFault(pattern: string): string | null {
  try {
    new RegExp(pattern.replace(flagsInFront, '').replaceAll('(?P<', '(?<'))
    return null
  } catch (error) {
    // `Invalid regular expression: /…/: Unterminated group`: the pattern itself is not told.
    const reason = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : 'unknown syntax'
    return `is no valid regular expression: ${reason.toLowerCase()}`
  }
}

/** A regular expression in the syntax of RE2 (Go, Filebeat), as far as that can be told here; the agent compiles it, and refuses what could run away. */
export const Regex = z
  .string()
  .min(1)
  .max(maxPatternLength)
  .superRefine((pattern, context) => {
    const fault = regexFault(pattern)
    if (fault !== null) context.addIssue(fault)
  })
  .meta({ title: 'regex' })
