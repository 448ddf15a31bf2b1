import type { LostCause } from '../harvest/context.ts'

/** A file that was quiet for so long keeps nothing in memory that can be made again. */
export const dozeMs = 5_000

const quietMs: Record<LostCause, number> = { renamed: 60_000, deleted: 5_000 }
const shortQuietMs = 1_000

/** How long a lost file must be quiet before it is finished: whoever renamed it may still write to it. */
export function finishedAfterMs(lost: LostCause, handlesAreShort: boolean): number {
  return handlesAreShort ? shortQuietMs : quietMs[lost]
}
