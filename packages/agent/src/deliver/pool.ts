import { RecordBatchEncoder } from '@logpipe/kafka'

/** Batches that one lane may hold of the pool, at most: enough to keep a broker busy (8 brought 10 % fewer lines a second, measured). */
const batchesPerLane = 16
/** Most room of the batch that a lane may hold where the pool is used up. */
const spareBytes = 131_072
/** Buffers of that size that are kept for the next time. */
const sparesKept = 16
/** How long a buffer that nobody needs is kept. */
const trimMs = 5_000
/** So much is let go of before it is worth a collection of garbage: else a line now and then would cause one each time. */
const burstBytes = 8 * 1_048_576

/**
 * The buffers of all batches, and thereby the bound on what is read and not acknowledged:
 * `maxInFlightBytes`, and one small batch for each lane that holds none while others have used that up.
 */
export class BatchPool {
  readonly #batchBytes: number
  readonly #size: number
  readonly #perLane: number
  readonly #spareBytes: number
  readonly #free: RecordBatchEncoder[] = []
  readonly #freeSpares: RecordBatchEncoder[] = []
  #used = 0
  /** Most that were in use at once since the last `trim`. */
  #peak = 0
  #nextTrimAt = 0
  /** What was let go of since a burst was last over. */
  #letGoBytes = 0
  #usedBytes = 0

  constructor(options: { batchBytes: number; maxInFlightBytes: number }) {
    this.#batchBytes = options.batchBytes
    this.#size = Math.max(1, Math.floor(options.maxInFlightBytes / options.batchBytes))
    this.#perLane = Math.max(1, Math.min(batchesPerLane, Math.floor(this.#size / 4)))
    // Never of full size: by its size a buffer finds back to where it belongs.
    this.#spareBytes = Math.min(spareBytes, this.#batchBytes >> 1)
  }

  /** Bytes of the buffers that are in use. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Whether a lane that holds `held` batches would get one. */
  admits(held: number): boolean {
    return held === 0 || (this.#used < this.#size && held < this.#perLane)
  }

  /** A buffer for a lane that holds `held` batches; null where it has to wait. */
  acquire(held: number): RecordBatchEncoder | null {
    if (this.#used < this.#size && held < this.#perLane) return this.full()
    if (held > 0) return null
    const spare = this.#freeSpares.pop() ?? new RecordBatchEncoder(this.#spareBytes)
    this.#usedBytes += spare.capacityBytes
    return spare
  }

  /** A buffer of full size, come what may: for a line that is longer than what `acquire` gave. */
  full(): RecordBatchEncoder {
    const encoder = this.#free.pop() ?? new RecordBatchEncoder(this.#batchBytes)
    this.#used++
    this.#peak = Math.max(this.#peak, this.#used)
    this.#usedBytes += encoder.capacityBytes
    return encoder
  }

  /**
   * Lets go of what has not been used for a while: a burst must not cost memory for ever. Returns whether a burst is over: nothing is
   * in use, and much was let go of.
   */
  trim(now: number): boolean {
    if (now < this.#nextTrimAt) return false
    this.#nextTrimAt = now + trimMs
    const before = this.#free.length
    this.#free.length = Math.min(before, this.#peak - this.#used)
    this.#letGoBytes += (before - this.#free.length) * this.#batchBytes
    const isOver = this.#peak === 0 && this.#letGoBytes >= burstBytes
    if (isOver) this.#letGoBytes = 0
    this.#peak = this.#used
    if (this.#usedBytes === 0) this.#freeSpares.length = 0
    return isOver
  }

  release(encoder: RecordBatchEncoder): void {
    this.#usedBytes -= encoder.capacityBytes
    if (encoder.capacityBytes === this.#batchBytes) {
      this.#used--
      if (this.#free.length < this.#size) this.#free.push(encoder)
    } else if (this.#freeSpares.length < sparesKept) {
      this.#freeSpares.push(encoder)
    }
  }
}
