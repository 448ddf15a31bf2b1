import { replayedIdHeader, resentHeader } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'

const resentName = Buffer.from(resentHeader)
const replayedName = Buffer.from(replayedIdHeader)

/** Whether the record says of itself that it may be in Kafka twice: an agent's after a crash, or a replayed dead letter. */
export function isCopy(cursor: RecordCursor): boolean {
  return cursor.findHeader(resentName) || cursor.findHeader(replayedName)
}
