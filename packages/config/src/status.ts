import { LogpipeError } from '@logpipe/runtime/errors'
import { z } from 'zod'

/** How far an entry of the plan has come. */
export const EntryState = z.enum(['PENDING', 'APPLIED', 'FAILED'])
export type EntryState = z.output<typeof EntryState>

/** What an agent says about one entry, or a transfer about one pipeline. Revisions are mod revisions of the store; 0 stands for the settings file. */
export const EntryStatus = z.object({
  id: z.string().describe('Id of the entry, name of the pipeline.'),
  desired: z.int().describe('Revision that is wished for.'),
  attempted: z.int().nullable().describe('Revision that was tried last.'),
  applied: z.int().nullable().describe('Revision that runs.'),
  state: EntryState,
  error: z.string().nullable().describe('Why it failed, in a sentence.'),
  remark: z.string().exactOptional().describe('What is to be known although nothing is wrong, in a sentence.'),
  key: z.string().exactOptional().describe('Its key, where entries of several keys of the agent have this id.'),
})
export type EntryStatus = z.output<typeof EntryStatus>

/** The value of `status/<id>`: written on change only. */
export const AgentStatus = z.object({
  agent: z.string(),
  /** Revision of the store that all of this speaks of. */
  revision: z.int(),
  entries: z.array(EntryStatus),
  keys: z
    .record(z.string(), z.int())
    .exactOptional()
    .describe('By key of a host or a group: the revision whose value runs, and nothing of what stood there before.'),
  omitted: z
    .int()
    .default(0)
    .describe('Rows that were left out because the value would be too large; those that are well first.'),
})
export type AgentStatus = z.output<typeof AgentStatus>

/** The value of `transfer-status/<id>`: written on change only. */
export const TransferStatus = z.object({
  transfer: z.string(),
  /** Revision of the store that all of this speaks of. */
  revision: z.int(),
  pipelines: z.array(EntryStatus),
  omitted: z
    .int()
    .default(0)
    .describe('Rows that were left out because the value would be too large; those that are well first.'),
})
export type TransferStatus = z.output<typeof TransferStatus>

/** The value of `agents/<id>` and, with more, of `transfers/<id>`, under a lease. */
export const Registration = z.object({
  id: z.string(),
  host: z.string(),
  ip: z.string(),
  /** All addresses whose entries it collects, that one first. */
  ips: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  pid: z.int(),
  /** `host:port` of its HTTP endpoint. */
  address: z.string(),
  /** When it started, ISO 8601. */
  started: z.string(),
})
export type Registration = z.output<typeof Registration>

/** The value of `transfers/<id>`, under a lease. */
export const TransferRegistration = z.object({
  ...Registration.shape,
  group: z.string().describe('Its consumer group.'),
})
export type TransferRegistration = z.output<typeof TransferRegistration>

/**
 * `active`: growing or being read. `idle`: read to its end. `lost`: gone from its path, read to its end. `held`: may be a
 * copy of another file, waits until that is clear. `blocked`: waits for Kafka or its rate limit. `ignored`: matched, not collected.
 * `failed`: cannot be read. `finished`: lost, and every line acknowledged.
 */
export const FileState = z.enum(['active', 'idle', 'lost', 'held', 'blocked', 'ignored', 'failed', 'finished'])
export type FileState = z.output<typeof FileState>

/** `active,blocked` as states; throws `settings_invalid` with those that are known. */
export function parseFileStates(text: string): FileState[] {
  return text.split(',').map((part) => {
    const { success, data } = FileState.safeParse(part.trim())
    if (success) return data
    const known = FileState.options.join(', ')
    throw new LogpipeError('settings_invalid', `'${part.trim()}' is no state of a file; known are ${known}.`)
  })
}

/** Progress of one file: a row of /files. acked ≤ read ≤ size while the file only grows. */
export const FileProgress = z.object({
  path: z.string(),
  entry: z.string().describe('Id of the entry that matched.'),
  topic: z.string(),
  identity: z.string().describe('The source id of its present generation.'),
  size: z.int(),
  read: z.int(),
  acked: z.int(),
  lagBytes: z.int().describe('size − acked.'),
  state: FileState,
  reason: z.string().nullable().describe('Why it is ignored, held, blocked or failed.'),
})
export type FileProgress = z.output<typeof FileProgress>

/** What GET /files of an agent answers. */
export const FilesReport = z.object({ agent: z.string(), files: z.array(FileProgress) })
export type FilesReport = z.output<typeof FilesReport>
