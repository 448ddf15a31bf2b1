import { z } from 'zod'
import { TargetPath } from './field-path.ts'
import { common, parsed } from './options.ts'

const Character = z.string().regex(/^[^\r\n]$/, { error: 'must be one character' })

/** Takes lines of CSV apart. */
export const Csv = z.strictObject({
  ...parsed,
  columns: z
    .array(z.union([z.literal('').meta({ title: 'nothing' }), TargetPath]))
    .min(1)
    .max(1_000)
    .describe(
      'The fields of the columns, in their order; an empty name leaves the column out, and so are columns behind the last.',
    ),
  separator: Character.default(',').describe('What stands between columns; a tab is "\\t".'),
  quote: Character.default('"').describe('What stands around a value that holds a separator; twice, it means itself.'),
  trim: z.boolean().default(false).describe('Takes blanks off both ends of values; what stands in quotes stays.'),
  ...common,
})
