/** What a line does to the event under way; `alone`: that ended before it, and the line is an event of its own, whole at once. */
export type LineRole = 'begins' | 'joins' | 'ends' | 'alone'

/**
 * PORT: tells which lines are one event. One owner; keeps what it needs to judge the next line, and no line. What it says depends on
 * the lines since the last `reset` alone. How long an event may get is not its business.
 */
export interface LineGrouper {
  /** The next line is the first of an event, whatever `take` says of it (but its content counts as any line's). */
  reset(): void
  /**
   * What the line `bytes[start, end)` (UTF-8, without its terminator) does: it begins an event, so that the one under way ended before it; or it
   * joins the one under way; or it joins that and is the last of it (`ends` for the first line of an event: `alone`); or it is alone: lines outside
   * of stack traces wait for nobody. The bytes are not kept.
   */
  take(bytes: Buffer, start: number, end: number): LineRole
}

/** Where a line came from before the container runtime wrote it down: 0 standard output, 1 standard error. */
export type StreamNumber = 0 | 1

/** PORT: takes a line out of the format in which a container runtime wrote it. One owner; keeps nothing from line to line. */
export interface Unwrapper {
  /** Set by `take`: what the program wrote stands in `payload[payloadStart, payloadEnd)`, UTF-8, without a line end. Valid until the next `take`. */
  readonly payload: Buffer
  readonly payloadStart: number
  readonly payloadEnd: number
  /** Set by `take`: the program's line goes on in the next one of the same stream. */
  readonly isPartial: boolean
  /** Set by `take`. */
  readonly stream: StreamNumber
  /** Reads the line `bytes[start, end)` (UTF-8, without its terminator); false where it is not of that format. The bytes are not kept. */
  take(bytes: Buffer, start: number, end: number): boolean
}
