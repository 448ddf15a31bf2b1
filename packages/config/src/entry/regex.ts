import { z } from 'zod'

const maxPatternLength = 4_096

/** What is wrong with the text of a regular expression, in a sentence; null when JavaScript reads it. */
export function regexFault(pattern: string): string | null {
  try {
    new RegExp(pattern)
    return null
  } catch (error) {
    if (/^\(\?[a-z]+\)/.test(pattern)) {
      return 'is no valid regular expression: flags stand around what they are for, (?i:…), not in front of it'
    }
    // `Invalid regular expression: /…/: Unterminated group`: the pattern itself is not told.
    const reason = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : 'unknown syntax'
    return `is no valid regular expression: ${reason.toLowerCase()}`
  }
}

/** A regular expression in JavaScript's syntax. Only the agent can tell whether it runs in linear time. */
export const Regex = z
  .string()
  .min(1)
  .max(maxPatternLength)
  .superRefine((pattern, context) => {
    const fault = regexFault(pattern)
    if (fault !== null) context.addIssue(fault)
  })
  .meta({ title: 'regex' })
