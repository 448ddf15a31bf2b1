import { z } from 'zod'
import { TargetPath } from './field-path.ts'
import { common } from './options.ts'

export const kinds = ['integer', 'float', 'boolean', 'string', 'ip'] as const
export type Kind = (typeof kinds)[number]

/** Turns values into those of another kind. */
export const Convert = z.strictObject({
  fields: z
    .record(TargetPath, z.enum(kinds))
    .describe(
      'Field → `integer`, `float`, `boolean`, `string`, or `ip`, which only checks. A field that is not there is passed over.',
    ),
  ...common,
})
