import { z } from 'zod'
import { Regex } from './regex.ts'

const replaceDefault = '[redacted]'

/** What is blotted out: a pattern with its replacement; a plain pattern stands for `{ pattern }`. */
export const Redaction = z.union([
  Regex.transform((pattern) => ({ pattern, replace: replaceDefault })),
  z.strictObject({
    pattern: Regex.describe('What of an event is replaced, wherever it matches.'),
    replace: z
      .string()
      .max(1_024)
      .default(replaceDefault)
      .describe('What it is replaced by; `$1` and `$<name>` stand for groups, `$$` for a dollar.'),
  }),
])

export type Redaction = z.output<typeof Redaction>
