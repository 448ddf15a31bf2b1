import { z } from 'zod'
import { holds } from '../holds.ts'

/** How fast an entry may be collected, over all of its files; what is more waits in its file. */
export const RateLimit = z
  .strictObject({
    lines: z.int().min(1).max(1_000_000_000).exactOptional().describe('Lines per second, at most.'),
    bytes: z.int().min(1).max(1_000_000_000_000).exactOptional().describe('Bytes per second, at most.'),
  })
  .refine(({ lines, bytes }) => lines !== undefined || bytes !== undefined, {
    error: 'needs lines or bytes, or both',
    when: holds({}),
  })

export type RateLimit = z.output<typeof RateLimit>
