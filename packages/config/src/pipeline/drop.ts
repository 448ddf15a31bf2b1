import { z } from 'zod'
import { Condition } from './condition.ts'

/** Drops lines: no document is made of them. */
export const Drop = z.strictObject({
  if: Condition.describe('Which lines are dropped. They are counted, and nothing else is left of them.'),
})
