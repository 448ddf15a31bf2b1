import type { z } from 'zod'
import { printable } from '../load/fault.ts'

/** Largest request, and largest reply: etcd takes 1.5 MiB a write. */
export const maxMailBytes = 524_288

/** Whose mailbox it is. Two, since an agent and a transfer of one host have the same id where nothing else is said. */
export type Box = 'request' | 'transferRequest'

/** Who reads the requests of a box, as people call them. */
export const readerOf: Readonly<Record<Box, string>> = { request: 'agent', transferRequest: 'transfer' }

/** The requests that a box takes. */
export interface MailKind<S extends z.ZodType> {
  box: Box
  kind: string
  schema: S
}

/** The value of a request of this kind, or why it cannot be answered, in a sentence. Never throws. */
export function readMail<S extends z.ZodType>(
  value: string,
  { box, kind, schema }: MailKind<S>,
): { mail: z.output<S> } | { refused: string } {
  const bytes = Buffer.byteLength(value)
  if (bytes > maxMailBytes) return { refused: `The request is ${bytes} bytes large; at most ${maxMailBytes} are read.` }
  let json: unknown
  try {
    json = JSON.parse(value)
  } catch {
    return { refused: 'The request is not JSON.' }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { mail: parsed.data }
  const given = (json as { kind?: unknown } | null)?.kind
  if (given !== kind) {
    // Only a text is quoted: what else stands there may be nested too deep to be written again.
    const named = typeof given === 'string' ? ` of the kind '${printable(given)}'` : ' without a kind'
    return { refused: `This ${readerOf[box]} knows no requests${named}.` }
  }
  const [issue] = parsed.error.issues
  return { refused: `The request is not sound at ${issue?.path.join('.')}: ${issue?.message}.`.slice(0, 500) }
}
