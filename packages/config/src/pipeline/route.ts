import { z } from 'zod'
import { DataStreamPart, Name } from '../names.ts'
import { TopicGlob } from '../topic.ts'

/** An index name with the parts of a date in braces. */
export const IndexPattern = z
  .string()
  .max(200)
  .refine((pattern) => /^[^-_+.]/.test(pattern) && isPlain(pattern.replaceAll(datePart, '0')), {
    error:
      "must be an index name in lower case, with parts of the date as {yyyy.MM.dd} (yyyy, MM, dd, HH and '.', '-', '_' between them)",
  })
  .meta({ title: 'index name with date' })

const datePart = /\{(?:yyyy|MM|dd|HH|[._-])+\}/g

function isPlain(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it refuses
  return /^[^A-Z\\/*?"<>|,#:{} \u0000-\u001f\u007f]+$/.test(name)
}

/** Where the records of some topics go, and how they are parsed. */
export const Route = z.strictObject({
  topics: z
    .array(TopicGlob)
    .min(1)
    .max(1_000)
    .refine((globs) => globs.some((glob) => !glob.startsWith('!')), "needs at least one glob without '!'")
    .describe('Globs of the topics that are meant; the first route that matches a topic decides.'),
  sink: z.enum(['elasticsearch', 'influxdb']).default('elasticsearch').describe('The server that they go to.'),
  pipeline: Name.exactOptional().describe(
    'Pipeline of records whose source names none; also of those of other producers.',
  ),
  dataset: DataStreamPart.exactOptional().describe('`<dataset>` of the data stream where the source names none.'),
  namespace: DataStreamPart.exactOptional().describe('`<namespace>` where the source names none.'),
  index: IndexPattern.exactOptional().describe(
    'A dated index instead of a data stream: `legacy-{yyyy.MM.dd}`, by the date of `@timestamp` in UTC; by that of reading where it is before 1990 or more than a day ahead.',
  ),
})

export type Route = z.output<typeof Route>

/** What is done with records of other producers. */
export const Foreign = z.strictObject({
  binary: z
    .enum(['deadLetter', 'base64'])
    .default('deadLetter')
    .describe('What is no text (no UTF-8, or holds NUL) goes to the dead letters, or is indexed as base64.'),
})
