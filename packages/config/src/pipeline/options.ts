import { z } from 'zod'
import { Condition } from './condition.ts'
import { FieldPath, TargetPath } from './field-path.ts'

/** The options that every processor has. */
export const common = {
  if: Condition.exactOptional().describe('Runs only where this holds.'),
  ignoreFailure: z
    .boolean()
    .default(false)
    .describe('Goes on with the next processor where this one fails, and says nothing.'),
}

/** The option of those that parse. */
export const parsed = {
  field: FieldPath.default('message').describe('The field that is parsed.'),
}

/** The option of those that parse into fields of any name. */
export const target = {
  target: TargetPath.exactOptional().describe('The field under which all is put. Default: the top of the document.'),
}

/** The option of those whose result may bring a message of its own. */
export const original = {
  keepOriginal: z
    .boolean()
    .default(true)
    .describe('Keeps the line as `event.original` where it brings a `message` of its own.'),
}
