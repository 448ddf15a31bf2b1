import { z } from 'zod'
import { TargetPath } from './field-path.ts'
import { common } from './options.ts'

const Value = z.union([z.string().max(4_096), z.number(), z.boolean()])

/** Sets fields. */
export const Add = z.strictObject({
  fields: z
    .record(TargetPath, z.union([Value, z.array(Value).max(100)]))
    .describe(
      'Field → value, or a list of values. `{name}` in a text stands for that field (`{{` for a brace); where it is missing, nothing is set.',
    ),
  overwrite: z.boolean().default(true).describe('`false` leaves fields alone that are there.'),
  ...common,
})
