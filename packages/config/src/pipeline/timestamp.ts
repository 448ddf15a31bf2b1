import { z } from 'zod'
import { FieldPath, TargetPath } from './field-path.ts'
import { common } from './options.ts'

const Format = z.string().min(1).max(200).meta({ title: 'format of time' })

/** The option of those that read times which may name no zone. */
export const zoned = {
  zone: z
    .string()
    .min(1)
    .max(64)
    .default('UTC')
    .describe('Zone of times that name none: `Europe/Berlin`, `UTC` or `+02:00`.')
    .meta({ title: 'time zone' }),
}

/** Takes the time of the event from a field. */
export const Timestamp = z.strictObject({
  field: FieldPath.describe('The field that holds the time.'),
  formats: z
    .array(Format)
    .min(1)
    .max(20)
    .default(['ISO8601'])
    .describe(
      'How it may be written; the first format that fits decides: `ISO8601`, `UNIX`, `UNIX_MS`, `UNIX_US`, `UNIX_NS`, or a pattern as `dd/MMM/yyyy:HH:mm:ss Z`.',
    ),
  ...zoned,
  locale: z
    .string()
    .min(2)
    .max(35)
    .default('en')
    .describe('Language of the names of months and days, beside English.')
    .meta({ title: 'locale' }),
  target: TargetPath.default('@timestamp').describe('The field that becomes the time, in UTC.'),
  ...common,
})
