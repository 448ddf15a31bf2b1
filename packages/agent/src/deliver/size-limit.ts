/** How long it is believed; then a larger batch is tried: the topic's limit may have been raised. */
const believedMs = 600_000

/** What Kafka was seen to find too large: as large batches are sent in parts without asking, for asking costs a producer's identity each time. */
export class SizeLimit {
  #bytes = Infinity
  #until = -Infinity

  /** Kafka refused a batch of so many bytes. */
  refused(bytes: number, now: number): void {
    this.#bytes = now < this.#until ? Math.min(this.#bytes, bytes) : bytes
    this.#until = now + believedMs
  }

  isExceeded(bytes: number, now: number): boolean {
    return bytes >= this.#bytes && now < this.#until
  }
}
