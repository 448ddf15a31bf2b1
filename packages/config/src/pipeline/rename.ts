import { z } from 'zod'
import { FieldPath, TargetPath } from './field-path.ts'
import { common } from './options.ts'

/** Moves fields to other names. */
export const Rename = z.strictObject({
  fields: z.record(FieldPath, TargetPath).describe('Old name → new name. A field that is not there is passed over.'),
  ...common,
})
