import type { CollectEntry } from '@logpipe/config'
import type { EntryText } from '../../plan/text.ts'
import type { TextEncoding } from './encoding.ts'

/** What a batch needs beside a line's bytes and headers: its own header, the numbers of a record. */
const batchOverheadBytes = 160
const leastPieceBytes = 64
/** A line of a container runtime, with all that is around the program's own. */
const leastWrappedBytes = 262_144
const leastGroupBytes = 65_536

export interface EventLimits {
  /** Longest line of the file, in its own bytes. */
  readonly lineBytes: number
  /** Longest event that is not too long, and longest value of a record, as UTF-8. */
  readonly eventBytes: number
  /** Most bytes of the file from which events are made together; 0 where every line is one. */
  readonly groupBytes: number
}

/** How large things may be, so that everything fits a batch of `batchBytes` with a header block of `headerBytes`. */
export function eventLimits(
  { maxLineBytes }: CollectEntry,
  text: EntryText,
  encoding: TextEncoding,
  { batchBytes, headerBytes }: { batchBytes: number; headerBytes: number },
): EventLimits {
  const room = Math.max(leastPieceBytes, batchBytes - headerBytes - batchOverheadBytes)
  const lineBytes = Math.min(maxLineBytes, Math.floor(room / encoding.growth))
  const isJoined = text.makeGrouper !== null || text.makeUnwrapper !== null
  // A single line is measured as it stands in the file; decoded it may be longer.
  if (!isJoined) return { lineBytes, eventBytes: room, groupBytes: 0 }
  return {
    lineBytes: text.makeUnwrapper === null ? lineBytes : Math.max(lineBytes, leastWrappedBytes),
    eventBytes: Math.min(maxLineBytes, room),
    groupBytes: 2 * text.maxEventBytes + leastGroupBytes,
  }
}
