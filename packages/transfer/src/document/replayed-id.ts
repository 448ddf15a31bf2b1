import { isForeignDocumentId, replayedIdHeader } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'

const name = Buffer.from(replayedIdHeader)

/**
 * The `_id` that a foreign record of `topic` brings along because it was replayed; null where it brings none, or one that no record
 * of this topic can have: whoever writes it could else make the records of others look like old ones. Makes a string only then.
 */
export function replayedId(cursor: RecordCursor, topic: string): string | null {
  if (!cursor.findHeader(name) || cursor.headerValueStart < 0) return null
  const id = cursor.buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd)
  return isForeignDocumentId(id, topic) ? id : null
}
