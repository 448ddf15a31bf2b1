import { z } from 'zod'
import { FieldPath } from './field-path.ts'
import { common } from './options.ts'

/** Takes fields away. */
export const Remove = z.strictObject({
  fields: z
    .array(FieldPath)
    .min(1)
    .max(1_000)
    .describe('What is taken away of what the pipeline found; `message`: the line itself.'),
  ...common,
})
