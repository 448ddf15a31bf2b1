/** Length of `2026-11-20T21:00:00.123Z`. */
export const timestampLength = 24

/** The first moment that needs a year of more than four digits; Elasticsearch refuses those. */
const year10000 = 253_402_300_800_000
const year0 = -62_167_219_200_000

/** Whether a record's timestamp is a moment that a document can hold. −1 is Kafka's "no timestamp". */
export function isMoment(ms: number): boolean {
  return ms !== -1 && ms >= year0 && ms < year10000
}

/**
 * Formats moments as ISO 8601 with milliseconds, in UTC. Consecutive records mostly carry the same millisecond, or at least
 * the same minute: the text is kept, and only what changed is written anew. One owner.
 */
export class TimestampText {
  readonly bytes = Buffer.alloc(timestampLength)
  #ms = Number.NaN
  #minute = Number.NaN

  /** Makes `bytes` the text of `ms`, which must be a moment. */
  set(ms: number): void {
    if (ms === this.#ms) return
    this.#ms = ms
    const minute = Math.floor(ms / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.bytes.write(new Date(ms).toISOString(), 'latin1')
      return
    }
    const rest = ms - minute * 60_000
    const second = (rest / 1_000) | 0
    this.bytes[17] = 48 + ((second / 10) | 0)
    this.bytes[18] = 48 + (second % 10)
    const millis = rest - second * 1_000
    const tens = (millis / 10) | 0
    this.bytes[20] = 48 + ((millis / 100) | 0)
    this.bytes[21] = 48 + (tens % 10)
    this.bytes[22] = 48 + (millis - tens * 10)
  }
}
