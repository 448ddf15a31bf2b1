import { createHash } from 'node:crypto'
import { z } from 'zod'
import { FileGlob } from '../file-path.ts'
import { holds } from '../holds.ts'
import { DataStreamPart, FieldName, Label, Name } from '../names.ts'
import { TopicName } from '../topic.ts'
import { duration } from './duration.ts'
import { Encoding, isWide } from './encoding.ts'
import { Multiline } from './multiline.ts'
import { Partition } from './partition.ts'
import { RateLimit } from './rate-limit.ts'
import { Redaction } from './redact.ts'
import { Regex } from './regex.ts'

/** The fault of an entry whose id was taken before. */
export const sameEntryId = 'is the same as that of an entry before it; give each its own'

/** Kafka's record and batch headers, the longest `source` header, and room: what a line needs beside its own bytes. */
export const lineOverheadBytes = 16_384

/** Fields and tags ride on every record of the file: what is larger than this belongs into a pipeline. */
const maxFieldsBytes = 4_096
const maxPatterns = 100

/** One thing to collect: files by glob, to a topic. The least is `{ path, topic }`. Unknown keys are refused. */
export const CollectEntry = z
  .strictObject({
    path: FileGlob.describe('Absolute glob of the files: `*`, `?`, `**`, `[…]`, `{a,b}`.'),
    topic: TopicName.describe('Kafka topic the lines go to; created where it is missing.'),
    id: Name.exactOptional().describe('Name of the entry in status and in records. Default: made from topic and path.'),
    exclude: z.array(FileGlob).max(1_000).default([]).describe('Absolute globs of files to leave out.'),
    enabled: z.boolean().default(true).describe('`false` stops collecting and keeps the positions.'),
    dataset: DataStreamPart.exactOptional().describe('`<dataset>` of the data stream. Default: from the topic name.'),
    namespace: DataStreamPart.exactOptional().describe("`<namespace>` of the data stream. Default: the transfer's."),
    fields: z
      .record(FieldName, Label)
      .default({})
      .describe('Added to every document as `labels.*`, with `_` for dots in their names.'),
    tags: z.array(Label).max(64).default([]).describe('Added to every document as `tags`.'),
    pipeline: Name.exactOptional().describe('Name of the pipeline by which the transfer parses the lines.'),
    startAt: z
      .enum(['beginning', 'end'])
      .default('beginning')
      .describe('Where reading starts in files that are there at the first look; later files: always the beginning.'),
    encoding: Encoding.prefault('utf-8').describe(
      'Encoding of the files: `utf-8`, `utf-16` (by its byte order mark), `utf-16le`, `utf-16be`, `gbk`, `gb18030`, `big5`, `shift_jis`, `euc-jp`, `euc-kr`, `latin1` and all others that WHATWG names. Records are UTF-8.',
    ),
    delimiter: z
      .string()
      .min(1)
      .max(64)
      .default('\n')
      .describe('What ends a line, in the encoding of the file. A carriage return before a newline is dropped.'),
    multiline: Multiline.exactOptional().describe('Joins lines to events.'),
    container: z
      .enum(['docker', 'cri'])
      .exactOptional()
      .describe('The files are those of a container runtime; the lines that the program wrote are taken out of them.'),
    includeLines: z.array(Regex).max(maxPatterns).default([]).describe('Only events that match one of these are sent.'),
    excludeLines: z
      .array(Regex)
      .max(maxPatterns)
      .default([])
      .describe('Events that match one of these are not sent; looked at after `includeLines`.'),
    redact: z
      .array(Redaction)
      .max(maxPatterns)
      .prefault([])
      .describe('What is replaced in events before they are sent.'),
    partition: Partition.prefault('source').describe(
      '`source` keeps the lines of one file in order in one partition; `roundrobin` and `random` spread them, batch by batch; `{ key }` and `{ number }` choose one.',
    ),
    acks: z
      .union([z.literal('all'), z.literal(1), z.literal(0)], { error: "must be 'all', 1 or 0" })
      .default('all')
      .describe(
        'How many brokers must have a batch before it counts: `all` in-sync replicas, `1`, or `0` (may lose lines).',
      ),
    compression: z
      .enum(['zstd', 'lz4', 'snappy', 'gzip', 'none'])
      .default('zstd')
      .describe('Compression of batches in Kafka.'),
    maxLineBytes: z
      .int()
      .min(64)
      .max(64 * 1_048_576)
      .default(524_288)
      .describe('Longer lines are treated as `onLongLine` says; so are lines that do not fit into `kafka.batchBytes`.'),
    onLongLine: z
      .enum(['split', 'truncate', 'deadLetter'])
      .default('split')
      .describe(
        '`split`: a line that is too long becomes several records, no byte is lost; `truncate`: its beginning is sent, the rest is not; `deadLetter`: it goes to the dead-letter topic, in pieces where it must.',
      ),
    rateLimit: RateLimit.exactOptional().describe(
      'How fast the files of this entry are read, together; the rest waits.',
    ),
    ignoreOlder: duration('1s', '3650d')
      .exactOptional()
      .describe('Files that have not changed for so long when they are first seen are left alone.'),
    closeInactive: duration('1s', '365d')
      .prefault('5m')
      .describe('A file without news for so long is closed; it is still looked at.'),
    deleteAfter: duration('1s', '3650d')
      .exactOptional()
      .describe('Files are deleted so long after all of them was acknowledged and they last changed.'),
  })
  .check(
    z.refine((entry) => Buffer.byteLength(JSON.stringify([entry.fields, entry.tags])) <= maxFieldsBytes, {
      path: ['fields'],
      error: `and tags must not be larger than ${maxFieldsBytes} bytes together: they ride on every record`,
    }),
  )
  .superRefine(crossFaults, { when: holds({}) })
  .transform((entry) => ({ ...entry, id: entry.id ?? entryId(entry.topic, entry.path) }))

/** An entry with every default filled in; `id` is always there. */
export type CollectEntry = z.output<typeof CollectEntry>

/** An entry as a person writes it. */
export type CollectEntryInput = z.input<typeof CollectEntry>

/** The id of an entry that was given none: the same for the same topic and path, on every host. */
export function entryId(topic: string, path: string): string {
  return createHash('sha256').update(`${topic}\0${path}`).digest('hex').slice(0, 8)
}

/** The longest line that goes out whole: what the entry allows, and what fits into a batch. */
export function lineLimitBytes(entry: Pick<CollectEntry, 'maxLineBytes'>, batchBytes: number): number {
  return Math.min(entry.maxLineBytes, batchBytes - lineOverheadBytes)
}

/** What two keys together get wrong; told whatever else is wrong beside them, so any of them may be unsound. */
function crossFaults(entry: Record<string, unknown>, context: z.RefinementCtx): void {
  const { container, encoding, delimiter, deleteAfter, startAt, acks } = entry
  const fault = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message })
  if (container !== undefined && typeof encoding === 'string' && isWide(encoding)) {
    fault('encoding', 'cannot be UTF-16 where container is set: container runtimes write UTF-8')
  }
  if (container !== undefined && delimiter !== '\n') {
    fault('delimiter', 'cannot be set beside container: container runtimes end their lines with a newline')
  }
  if (deleteAfter !== undefined && acks === 0) {
    fault('deleteAfter', 'needs acks: all or 1; with 0 nobody tells whether the lines of a file have arrived')
  }
  if (deleteAfter !== undefined && startAt === 'end') {
    fault('deleteAfter', "needs startAt: beginning; with 'end' files would be deleted whose lines were never sent")
  }
}
