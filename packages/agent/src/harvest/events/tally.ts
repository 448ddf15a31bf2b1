import type { FeedEvents } from '../feed.ts'
import type { Source } from '../source.ts'

/** What a feed has done with lines that does not show in their number. Told once for each call of the feed. */
export class Tally {
  filteredLines = 0
  redactedLines = 0
  undecoded = 0
  truncatedBytes = 0
  deadLetters = 0
  unwrapped = 0
  readonly #events: FeedEvents
  readonly #source: Source
  /** As the entry names it. */
  readonly #encoding: string

  constructor(events: FeedEvents, source: Source, encoding: string) {
    this.#events = events
    this.#source = source
    this.#encoding = encoding
  }

  /** Tells what was counted, and begins anew. */
  tell(): void {
    const count = this.filteredLines + this.redactedLines + this.undecoded + this.truncatedBytes + this.deadLetters
    if (count + this.unwrapped === 0) return
    this.#events.linesTreated(this.#source.topic, this)
    if (this.undecoded > 0 && this.#source.undecoded === 0) this.#events.undecodable(this.#source.path, this.#encoding)
    this.#source.undecoded += this.undecoded
    if (this.unwrapped > 0 && this.#source.unwrapped === 0) this.#events.notOfFormat(this.#source.path)
    this.#source.unwrapped += this.unwrapped
    this.filteredLines = 0
    this.redactedLines = 0
    this.undecoded = 0
    this.truncatedBytes = 0
    this.deadLetters = 0
    this.unwrapped = 0
  }
}
