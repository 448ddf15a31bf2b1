import { z } from 'zod'
import { checkEntries, originAt } from './load/entries.ts'
import { type Fault, formatFaults } from './load/fault.ts'
import type { CollectEntry } from './entry/entry.ts'
import { maxMailBytes, readMail } from './mail/mail.ts'

/** What may be asked of one preview, at most. */
export const previewLimits = { entries: 50, files: 100, lines: 20, lineBytes: 4_096, waitMs: 60_000 } as const

const text = z.string().max(10_000)

/** The value of `requests/<agent>/<n>`: what files these entries would collect, and how their first lines read. */
export const PreviewRequest = z.object({
  kind: z.literal('preview'),
  by: z.string().max(500).describe('Who asks.'),
  waitMs: z.int().min(1).max(previewLimits.waitMs).describe('How long the asker waits; work on it ends by then.'),
  files: z.int().min(1).max(previewLimits.files).default(20).describe('Files of an entry that are named, at most.'),
  lines: z.int().min(0).max(previewLimits.lines).default(5).describe('First lines of a file, at most.'),
  lineBytes: z.int().min(1).max(previewLimits.lineBytes).default(1_024).describe('Bytes of a line, at most.'),
  replyBytes: z.int().min(131_072).max(maxMailBytes).default(maxMailBytes).describe('Bytes of the reply, at most.'),
  entries: z.array(z.unknown()).min(1).max(previewLimits.entries).describe('Collection entries.'),
})
export type PreviewRequest = z.output<typeof PreviewRequest>

/** A record as it would be sent: a line, or the event that several lines make. */
export const PreviewLine = z.object({
  offset: z.int().describe('Where it begins in the file (of a packed file: in what it holds).'),
  text,
  isCut: z.boolean().describe('It is longer than what is shown.'),
  isDeadLetter: z.boolean().describe('It would go to the dead-letter topic: it is too long.'),
})
export type PreviewLine = z.output<typeof PreviewLine>

/** A file that an entry would collect. Counts are of what was read to come to these lines. */
export const PreviewFile = z.object({
  path: text,
  size: z.int(),
  modified: z.string().max(40).describe('ISO 8601.'),
  packed: z.enum(['gzip', 'zstd']).nullable(),
  lines: z.array(PreviewLine).max(previewLimits.lines),
  filtered: z.int().describe('Events that includeLines and excludeLines leave out.'),
  redacted: z.int().describe('Events in which something was redacted.'),
  undecoded: z.int().describe('Characters that could not be decoded.'),
  unwrapped: z.int().describe("Lines that are not in the container's format."),
  remark: text.nullable().describe('Why there are fewer lines, or what is odd, in a sentence.'),
})
export type PreviewFile = z.output<typeof PreviewFile>

/** What one entry would do on one host. */
export const EntryPreview = z.object({
  id: z.string().max(500),
  refused: text.nullable().describe('Why this agent would not run it, in a sentence.'),
  matched: z.int().describe('Files that it would collect; some may not be named.'),
  files: z.array(PreviewFile).max(previewLimits.files),
  ignoredCount: z.int().describe('Paths that match and would not be collected; some may not be named.'),
  ignored: z.array(z.object({ path: text, reason: text })).max(previewLimits.files),
  isComplete: z.boolean().describe('Whether all folders were looked at.'),
})
export type EntryPreview = z.output<typeof EntryPreview>

/** The value of `replies/<n>`. */
export const AgentReply = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('preview'),
    agent: z.string(),
    entries: z.array(EntryPreview).max(previewLimits.entries),
  }),
  z.object({ kind: z.literal('refused'), agent: z.string(), reason: text.describe('In a sentence.') }),
])
export type AgentReply = z.output<typeof AgentReply>

/** A request that can be answered, or why it cannot, in a sentence. */
export type ParsedRequest = { request: PreviewRequest; entries: CollectEntry[] } | { refused: string }

/** The value of a request. Sound only where all its entries are. Never throws. */
export function parseRequest(value: string, key: string): ParsedRequest {
  const read = readMail(value, { box: 'request', kind: 'preview', schema: PreviewRequest })
  if ('refused' in read) return read
  const { entries, faults } = checkEntries(read.mail.entries, originAt(key), ['entries'])
  return faults.length > 0 ? { refused: refusal(faults) } : { request: read.mail, entries }
}

/** The value of a reply; null where it is none. */
export function parseReply(value: string): AgentReply | null {
  try {
    return AgentReply.parse(JSON.parse(value))
  } catch {
    return null
  }
}

function refusal(faults: readonly Fault[]): string {
  return `The entries are not sound:\n${formatFaults(faults)}`.slice(0, 10_000)
}
