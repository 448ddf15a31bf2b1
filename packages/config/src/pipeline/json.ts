import { z } from 'zod'
import { common, parsed, target } from './options.ts'

/** Takes the fields of a JSON object. */
export const Json = z.strictObject({
  ...parsed,
  ...target,
  keepOriginal: z
    .boolean()
    .default(true)
    .describe('Keeps the line as `event.original` where the object brings a `message` of its own.'),
  ...common,
})
