import type { RecordCursor } from '@logpipe/kafka'
import { replayedId } from './replayed-id.ts'

/**
 * Completes the id of a foreign record of `topic`; the `front` bytes before `at` have its beginning, `<topic>-<partition>-`. One that a
 * replayed record brings along stands in its place. Returns the position after it.
 */
export function writeForeignId(cursor: RecordCursor, topic: string, front: number, out: Buffer, at: number): number {
  const id = replayedId(cursor, topic)
  if (id === null) return at + out.write(`${cursor.offset}-${cursor.timestampMs}`, at, 'latin1')
  return at - front + out.write(id, at - front, 'latin1')
}
