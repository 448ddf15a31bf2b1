import { createHash } from 'node:crypto'
import { z } from 'zod'
import { FileGlob } from './file-path.ts'
import { DataStreamPart, FieldName, Label, Name } from './names.ts'
import { TopicName } from './topic.ts'

/** Keys that the design names and that do nothing yet: refused in words, so that nobody believes in vain. */
export const notYetSupported: readonly string[] = [
  'encoding',
  'multiline',
  'container',
  'ignoreOlder',
  'includeLines',
  'excludeLines',
  'redact',
  'rateLimit',
  'closeInactive',
  'deleteAfter',
]

/** The fault of an entry whose id was taken before. */
export const sameEntryId = 'is the same as that of an entry before it; give each its own'

/** Kafka's record and batch headers, the longest `source` header, and room: what a line needs beside its own bytes. */
export const lineOverheadBytes = 16_384

/** Fields and tags ride on every record of the file: what is larger than this belongs into a pipeline. */
const maxFieldsBytes = 4_096

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
    fields: z.record(FieldName, Label).default({}).describe('Added to every document as `labels.*`.'),
    tags: z.array(Label).max(64).default([]).describe('Added to every document as `tags`.'),
    pipeline: Name.exactOptional().describe('Name of the pipeline by which the transfer parses the lines.'),
    startAt: z
      .enum(['beginning', 'end'])
      .default('beginning')
      .describe('Where reading starts in files that are there at the first look; later files: always the beginning.'),
    partition: z
      .enum(['source', 'roundrobin', 'random'], { error: partitionFault })
      .default('source')
      .describe(
        '`source` keeps the lines of one file in order in one partition; `roundrobin` and `random` spread them.',
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
      .enum(['split'], { error: longLineFault })
      .default('split')
      .describe('`split`: a line that is too long becomes several records, no byte is lost.'),
  })
  .check(
    z.refine((entry) => Buffer.byteLength(JSON.stringify([entry.fields, entry.tags])) <= maxFieldsBytes, {
      path: ['fields'],
      error: `and tags must not be larger than ${maxFieldsBytes} bytes together: they ride on every record`,
    }),
  )
  .transform((entry) => ({ ...entry, id: entry.id ?? entryId(entry.topic, entry.path) }))

/** An entry with every default filled in; `id` is always there. */
export type CollectEntry = z.output<typeof CollectEntry>

/** The id of an entry that was given none: the same for the same topic and path, on every host. */
export function entryId(topic: string, path: string): string {
  return createHash('sha256').update(`${topic}\0${path}`).digest('hex').slice(0, 8)
}

/** The longest line that goes out whole: what the entry allows, and what fits into a batch. */
export function lineLimitBytes(entry: Pick<CollectEntry, 'maxLineBytes'>, batchBytes: number): number {
  return Math.min(entry.maxLineBytes, batchBytes - lineOverheadBytes)
}

function partitionFault(issue: { input?: unknown }): string | undefined {
  const byKey = typeof issue.input === 'object' && issue.input !== null
  return byKey ? 'by key or number is not supported yet; use source, roundrobin or random' : undefined
}

function longLineFault(issue: { input?: unknown }): string | undefined {
  const planned = issue.input === 'truncate' || issue.input === 'deadLetter'
  return planned ? `'${String(issue.input)}' is not supported yet; use split` : undefined
}
