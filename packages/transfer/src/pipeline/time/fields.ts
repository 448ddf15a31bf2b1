import type { Zone } from './zone.ts'

/** What has been read of a date and time; NaN where nothing said it. Reused from line to line. */
export class TimeFields {
  year = Number.NaN
  /** 1 to 12. */
  month = Number.NaN
  day = Number.NaN
  /** 1 to 366, in place of month and day. */
  dayOfYear = Number.NaN
  hour = 0
  /** 0 to 11, in place of `hour`, with `half`. */
  hourOfHalf = Number.NaN
  /** 0 in the morning, 1 in the afternoon. */
  half = Number.NaN
  minute = 0
  second = 0
  millisecond = 0
  /** The offset that the text itself names. */
  offsetMs = Number.NaN
  /** The zone that the text itself names. */
  zone: Zone | null = null

  clear(): void {
    this.year = Number.NaN
    this.month = Number.NaN
    this.day = Number.NaN
    this.dayOfYear = Number.NaN
    this.hour = 0
    this.hourOfHalf = Number.NaN
    this.half = Number.NaN
    this.minute = 0
    this.second = 0
    this.millisecond = 0
    this.offsetMs = Number.NaN
    this.zone = null
  }
}
