import { z } from 'zod'
import { common, original, parsed, target } from './options.ts'

/** Takes `key=value` pairs apart. */
export const Logfmt = z.strictObject({ ...parsed, ...target, ...original, ...common })
