import { isMoment, TimestampText, timestampLength } from './timestamp.ts'

/** What stands between `_id` and the origin's fields; the three times are written over the dots. */
const dots = '.'.repeat(timestampLength)
const head = '"}}\n{"@timestamp":"'
const middle = '","event":{"created":"'
const tail = '","ingested":"'
const timestampAt = head.length
const createdAt = timestampAt + timestampLength + middle.length
const ingestedAt = createdAt + timestampLength + tail.length

/**
 * The bytes from behind `_id` up to `event.ingested`, with the three times of a document. Consecutive documents mostly share
 * them: only what changed is written anew. One owner.
 */
export class Stamp {
  readonly bytes = Buffer.from(head + dots + middle + dots + tail + dots, 'latin1')
  // One each: a line is written in one second and read in another.
  readonly #text = new TimestampText()
  readonly #createdText = new TimestampText()
  readonly #ingestedText = new TimestampText()
  #timestampMs = Number.NaN
  #createdMs = Number.NaN
  #ingestedMs = Number.NaN

  /** Makes them those of a record read at `createdMs`; what is no moment becomes `ingestedMs`, which must be one. */
  set(createdMs: number, ingestedMs: number, timestampMs = createdMs): Buffer {
    const { bytes } = this
    if (ingestedMs !== this.#ingestedMs) {
      this.#ingestedMs = ingestedMs
      this.#ingestedText.set(ingestedMs)
      this.#ingestedText.bytes.copy(bytes, ingestedAt)
    }
    const created = isMoment(createdMs) ? createdMs : ingestedMs
    if (created !== this.#createdMs) {
      this.#createdMs = created
      this.#createdText.set(created)
      this.#createdText.bytes.copy(bytes, createdAt)
    }
    const timestamp = isMoment(timestampMs) ? timestampMs : ingestedMs
    if (timestamp !== this.#timestampMs) {
      this.#timestampMs = timestamp
      this.#text.set(timestamp)
      this.#text.bytes.copy(bytes, timestampAt)
    }
    return bytes
  }
}
