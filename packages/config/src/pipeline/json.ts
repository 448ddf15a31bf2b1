import { z } from 'zod'
import { common, original, parsed, target } from './options.ts'

/** Takes the fields of a JSON object. */
export const Json = z.strictObject({ ...parsed, ...target, ...original, ...common })
