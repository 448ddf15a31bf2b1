import { z } from 'zod'
import { FieldPath, TargetPath } from './field-path.ts'
import { common } from './options.ts'

/** What `log.level` is after the processor: a closed list, the least grave first. */
export const levels = ['trace', 'debug', 'info', 'notice', 'warn', 'error', 'critical', 'alert', 'emergency'] as const

/** Brings levels to one form. */
export const Level = z.strictObject({
  field: FieldPath.default('log.level').describe(
    'The field that holds the level. Where it is missing, nothing is done.',
  ),
  target: TargetPath.default('log.level').describe('The field that becomes the level.'),
  ...common,
})
