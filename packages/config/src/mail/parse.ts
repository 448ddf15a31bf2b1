import { z } from 'zod'
import { Name } from '../names.ts'
import type { Source } from '../record.ts'
import { topicFault } from '../topic.ts'
import { maxMailBytes, readMail } from './mail.ts'

/** What may be asked of one transfer at once, at most. */
export const parseLimits = { sources: 500, lines: 1_000, lineLength: 16_384, waitMs: 60_000 } as const

const text = z.string().max(10_000)
const short = z.string().max(1_024)

/** Lines of one file, and what rides with them; as an agent would send them. */
export const ParseSource = z.object({
  topic: z
    .string()
    .refine((topic) => topicFault(topic) === null, 'must be a topic name that Kafka takes')
    .exactOptional()
    .describe('Where they would be sent; absent: that is not known, and no route of the transfer counts.'),
  host: short,
  ip: short,
  path: z.string().max(4_096),
  entry: short.describe('Id of the collection entry.'),
  pipeline: Name.exactOptional().describe('The pipeline that the entry names; absent: that of the route.'),
  dataset: short.exactOptional(),
  namespace: short.exactOptional(),
  fields: z.record(short, short).exactOptional(),
  tags: z.array(short).max(1_000).exactOptional(),
  lines: z
    .array(z.object({ offset: z.int().min(0), text: z.string().max(parseLimits.lineLength) }))
    .min(1)
    .max(parseLimits.lines),
}) satisfies z.ZodType<Omit<Source, 'id'>>
export type ParseSource = z.output<typeof ParseSource>

/** The value of `transfer-requests/<transfer>/<n>`: what these lines become. */
export const ParseRequest = z
  .object({
    kind: z.literal('parse'),
    by: z.string().max(500).describe('Who asks.'),
    waitMs: z.int().min(1).max(parseLimits.waitMs).describe('How long the asker waits; work on it ends by then.'),
    draft: z
      .unknown()
      .exactOptional()
      .describe('A pipeline as it would be put; it parses all lines, whatever they name.'),
    sources: z.array(ParseSource).min(1).max(parseLimits.sources),
  })
  .refine(({ sources }) => sources.reduce((sum, { lines }) => sum + lines.length, 0) <= parseLimits.lines, {
    path: ['sources'],
    error: `must hold at most ${parseLimits.lines} lines together`,
  })
export type ParseRequest = z.output<typeof ParseRequest>

/** What becomes of a line. */
export const ParsedLine = z.discriminatedUnion('fate', [
  z.object({
    fate: z.literal('document'),
    index: short.describe('The data stream or index that it goes to.'),
    document: z.record(z.string(), z.unknown()),
    isParsed: z.boolean().describe('Whether the pipeline is known and could parse it; the document says why not.'),
  }),
  z.object({ fate: z.literal('dropped') }),
  z.object({ fate: z.literal('deadLetter'), reason: text }),
  z.object({ fate: z.literal('unknown'), reason: text.describe('Why it cannot be told, in a sentence.') }),
])
export type ParsedLine = z.output<typeof ParsedLine>

/** What becomes of the lines of one file. */
export const ParsedSource = z.object({
  refused: text.nullable().describe('Why this transfer cannot say it, in a sentence; then there are no lines.'),
  pipeline: short.nullable().describe('The pipeline that parsed them; null: none, or the draft.'),
  lines: z.array(ParsedLine).max(parseLimits.lines).describe('One for each line, in order.'),
})
export type ParsedSource = z.output<typeof ParsedSource>

/** The value of `replies/<n>` where a transfer was asked. */
export const ParseReply = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('parse'),
    transfer: short,
    sources: z.array(ParsedSource).max(parseLimits.sources).describe('One for each, in order.'),
  }),
  z.object({ kind: z.literal('refused'), transfer: short, reason: text.describe('In a sentence.') }),
])
export type ParseReply = z.output<typeof ParseReply>

/** The value of a request to a transfer; whether its draft is a pipeline is not looked at. Never throws. */
export function readParseRequest(value: string): { request: ParseRequest } | { refused: string } {
  const read = readMail(value, { box: 'transferRequest', kind: 'parse', schema: ParseRequest })
  return 'refused' in read ? read : { request: read.mail }
}

/** What the transfer answered to this request; null where it is no answer to it. */
export function readParseReply(
  value: string,
  transfer: string,
  { sources }: Pick<ParseRequest, 'sources'>,
): ParseReply | null {
  if (Buffer.byteLength(value) > maxMailBytes) return null
  let reply: ParseReply
  try {
    reply = ParseReply.parse(JSON.parse(value))
  } catch {
    return null
  }
  if (reply.transfer !== transfer) return null
  if (reply.kind === 'refused') return reply
  const isWhole =
    reply.sources.length === sources.length &&
    reply.sources.every(
      ({ refused, lines }, index) => lines.length === (refused === null ? sources[index]?.lines.length : 0),
    )
  return isWhole ? reply : null
}
