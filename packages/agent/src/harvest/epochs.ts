/** In which epochs the lines of a source are sent: those that begin before `start` in `before`, the others in `current`. 0: in none. */
export interface Epochs {
  readonly current: number
  readonly start: number
  readonly before: number
}

/** The one in which a line is sent that begins at this offset: the same one each time it is sent. */
export function epochOf({ current, start, before }: Epochs, offset: number): number {
  return offset < start ? before : current
}

export function isSameEpochs(a: Epochs, b: Epochs): boolean {
  return a.current === b.current && a.start === b.start && a.before === b.before
}
