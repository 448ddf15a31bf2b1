import { z } from 'zod'
import { holds } from '../holds.ts'
import { duration } from './duration.ts'
import { Regex } from './regex.ts'

const maxEventLines = 100_000

const given = (value: unknown): boolean => value !== undefined && value !== false

/** How lines are joined to events. Exactly one way decides; `start` and `end` may stand together. */
export const Multiline = z
  .strictObject({
    preset: z
      .enum(['java', 'python', 'go', 'node'])
      .exactOptional()
      .describe("Joins that language's stack traces to the line they follow."),
    start: Regex.exactOptional().describe('A line that matches begins an event.'),
    continue: Regex.exactOptional().describe('A line that matches belongs to the event before it.'),
    end: Regex.exactOptional().describe('A line that matches is the last of its event.'),
    negate: z
      .boolean()
      .default(false)
      .describe(
        'Turns the pattern round: lines that do *not* match are meant. Of `start` and `end` together it turns `start` round.',
      ),
    indent: z
      .boolean()
      .default(false)
      .describe('A line that begins with a blank or a tab belongs to the event before it.'),
    count: z.int().min(2).max(maxEventLines).exactOptional().describe('Every so many lines are an event.'),
    timeout: duration('100ms', '1h')
      .prefault('5s')
      .describe('After this time without a new line the event is sent as it is.'),
    maxLines: z.int().min(2).max(maxEventLines).default(500).describe('Lines of one event, at most.'),
    maxBytes: z
      .int()
      .min(64)
      .max(64 * 1_048_576)
      .default(1_048_576)
      .describe('Bytes of one event, at most.'),
  })
  .superRefine(
    ({ preset, start, continue: goesOn, end, indent, count, negate, maxLines }, context) => {
      const ways = [preset, start ?? end, goesOn, indent, count].filter(given).length
      if (ways !== 1) {
        const found = ways === 0 ? 'has none' : 'has more'
        context.addIssue(
          `needs exactly one of preset, start, continue, end, indent and count (start and end may stand together); it ${found}`,
        )
      } else if (negate === true && (start ?? goesOn ?? end) === undefined) {
        context.addIssue({ code: 'custom', path: ['negate'], message: 'needs a pattern: start, continue or end' })
      }
      if (typeof count === 'number' && typeof maxLines === 'number' && count > maxLines) {
        context.addIssue({ code: 'custom', path: ['count'], message: 'must not be more than maxLines' })
      }
    },
    { when: holds({}) },
  )

export type Multiline = z.output<typeof Multiline>
