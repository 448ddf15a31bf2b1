import { z } from 'zod'

/** Settings of a process's own log. */
export const Log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Lowest level that is written.'),
})
