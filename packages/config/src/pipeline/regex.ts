import { z } from 'zod'
import { Regex as Pattern } from '../entry/regex.ts'
import { TargetPath } from './field-path.ts'
import { common, parsed } from './options.ts'

/** Takes a text apart by regular expressions. */
export const Regex = z.strictObject({
  ...parsed,
  patterns: z
    .array(Pattern)
    .min(1)
    .max(50)
    .describe(
      'Regular expressions (RE2) with named groups; the first that matches decides. A group `http__version` goes to the field `http.version`.',
    ),
  fields: z
    .record(z.string().min(1).max(128), TargetPath)
    .default({})
    .describe('The field of a group, by its name, where the name alone does not say it.'),
  ...common,
})
