/**
 * In which epochs (config's record.ts) the lines of a source are sent: those that begin before the offset `start` in `before`, the others in `current`. 0: in
 * none. Never changed: who moves on makes another one, so that two can be compared as they are.
 */
export interface Epochs {
  readonly current: number
  readonly start: number
  readonly before: number
}

/** The one in which a line is sent that begins at this offset: the same one each time it is sent. */
export function epochOf({ current, start, before }: Epochs, offset: number): number {
  return offset < start ? before : current
}
