import { deadLetterHeaders } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'

const name = Buffer.from(deadLetterHeaders.timestamp)

/**
 * Gives the record under the cursor the time that it had before it was a dead letter and replayed; leaves all others as they are. Kafka's
 * own time of a replayed record is that of the replay, else retention could take it before it is read.
 */
export function restoreTime(cursor: RecordCursor): void {
  if (!cursor.findHeader(name) || cursor.headerValueStart < 0) return
  const text = cursor.buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd)
  if (/^-?\d{1,16}$/.test(text)) cursor.timestampMs = Number(text)
}
