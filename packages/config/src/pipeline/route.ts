import { z } from 'zod'
import { DataStreamPart, maxDataStreamPartBytes, Name } from '../names.ts'
import { TopicGlob } from '../topic.ts'

/** An index name with the parts of a date, and the names of what its documents are of, in braces. */
export const IndexPattern = z
  .string()
  .max(200)
  .refine((pattern) => /^[^-_+.]/.test(pattern) && isPlain(pattern.replaceAll(inBraces, '0')), {
    abort: true,
    error:
      "must be an index name in lower case, with parts of the date as {yyyy.MM.dd} (yyyy, MM, dd, HH and '.', '-', '_' between them), and {topic}, {dataset} and {namespace}",
  })
  .refine((pattern) => !/^\{(?:topic|dataset|namespace)\}/.test(pattern), {
    abort: true,
    error: 'must begin with letters of its own: any other index could have such a name',
  })
  .superRefine((pattern, context) => {
    const bytes = Buffer.byteLength(pattern.replaceAll(names, longestName).replaceAll(/[{}]/g, ''))
    if (bytes <= maxIndexBytes) return
    const message = `may become ${bytes} bytes long, where each name in braces takes up to ${maxDataStreamPartBytes}; Elasticsearch takes ${maxIndexBytes}`
    context.addIssue({ code: 'custom', message })
  })
  .meta({ title: 'index name with date' })

const names = /\{(?:topic|dataset|namespace)\}/g
const inBraces = /\{(?:topic|dataset|namespace|(?:yyyy|MM|dd|HH|[._-])+)\}/g
const longestName = 'x'.repeat(maxDataStreamPartBytes)
const maxIndexBytes = 255

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
    'A dated index instead of a data stream: `legacy-{yyyy.MM.dd}`, by the date of `@timestamp` in UTC; by that of reading where it is before 1990 or more than a day ahead. `{topic}`, `{dataset}` and `{namespace}` stand for what they would be in the name of a data stream.',
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
