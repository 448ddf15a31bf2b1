/** No program of today wrote its log before 1990; 1970 is what a clock says that was never set. */
const pastMs = Date.UTC(1990, 0, 1)
/** A wrong time zone makes up for 14 hours at most. */
const futureMs = 24 * 3_600_000

/** Whether a time is before 1990, or more than a day later than `nowMs`: kept, and its document tagged. */
export function isOddTime(ms: number, nowMs: number): boolean {
  return ms < pastMs || ms > nowMs + futureMs
}

/** The tag of such a document. */
export function oddTimeTag(ms: number, nowMs: number): string {
  return ms > nowMs ? '_time_in_future' : '_time_in_past'
}

/**
 * The time whose day names a dated index: the document's own, unless it is odd; then that of reading, which a resent record has again; then
 * that of the bulk. A wrong clock or a wrong digit would else make an index for each day that somebody can write down.
 */
export function datingTime(ms: number, readMs: number, nowMs: number): number {
  if (!isOddTime(ms, nowMs)) return ms
  return isOddTime(readMs, nowMs) ? nowMs : readMs
}
