import { Backoff, type BackoffOptions, untilAborted } from '@logpipe/runtime'

/** How far a reservation reaches ahead. A crash makes at most so many records a partition suspect: a lookup each, no more. */
const stepOffsets = 250_000

const text = /^reserved=(\d{1,16})$/

/** The metadata of a commit that reserves all offsets below `end`, as `kafka-consumer-groups` and others show it. */
export function reservationText(end: number): string {
  return `reserved=${end}`
}

/** The end of the reservation in a commit's metadata; null where it has none of ours. */
export function readReservation(metadata: string): number | null {
  const end = Number(text.exec(metadata)?.[1] ?? Number.NaN)
  return Number.isSafeInteger(end) ? end : null
}

export interface ReservationOptions {
  /** Metadata of the commit found at the assignment; null where there is no commit. */
  metadata: string | null
  /** The offset behind the partition's last record, as of the last fetch. */
  logEnd: () => number
  /** Commits with `next` as metadata and calls `store`, or fails in silence. */
  commit: () => Promise<void>
  /** Whether what is to be sent is of a log that is no more: no commit can reserve it, and nobody will read it again. */
  isFormer?: () => boolean
  backoff?: BackoffOptions
}

/**
 * Up to which offset records of one partition may be sent. Nothing is sent that a stored commit does not cover, so whoever
 * reads the partition next knows from the commit alone what may be in the index already: the *suspects*.
 *
 *     committed            sent up to        stored
 *   ──────┼───────────────────┼────────────────┼──────▶ offset
 *         └────── suspect to the next owner ───┘
 */
export class Reservation {
  readonly #options: ReservationOptions
  #suspectsSince = performance.now()
  /** Records below may have been sent before this assignment; −1 until the log end is known. */
  #suspectBelow: number
  #stored: number
  /** The end of what may have been sent in this assignment. */
  #sent = 0
  #isExtending = false

  constructor(options: ReservationOptions) {
    this.#options = options
    const reserved = readReservation(options.metadata ?? '')
    this.#stored = reserved ?? -1
    // Without a reservation (never committed, an older version, offsets reset by a tool) all that is there may have been sent.
    this.#suspectBelow = reserved ?? -1
  }

  /** Records below this offset are suspects. Known once `take` was called. */
  get suspectBelow(): number {
    return this.#suspectBelow
  }

  /** When this assignment began (`performance.now`): what suspects were sent before, was sent before that. */
  get suspectsSince(): number {
    return this.#suspectsSince
  }

  /** What the next commit should reserve; null while too little is known to commit anything. */
  get next(): number | null {
    if (this.#suspectBelow < 0) return null
    return this.#stored - this.#sent < stepOffsets / 2
      ? Math.max(this.#sent + stepOffsets, this.#suspectBelow)
      : this.#stored
  }

  /** The end of what is reserved; −1 while nothing is. */
  get stored(): number {
    return this.#stored
  }

  /** What the last commit should leave, with `position` committed: nothing that was not sent is kept reserved. */
  last(position: number): number | null {
    if (this.#suspectBelow < 0) return null
    return position < this.#suspectBelow ? Math.max(this.#sent, this.#suspectBelow) : Math.max(this.#sent, position)
  }

  /** Kafka has stored a commit that reserves the offsets below `end`. */
  store(end: number): void {
    this.#stored = end
  }

  /** Resolves once the offsets below `end` are reserved, where they can be: they may be sent then. Rejects with `aborted`. */
  async take(end: number, signal: AbortSignal): Promise<void> {
    const { logEnd, commit, isFormer = () => false } = this.#options
    if (this.#suspectBelow < 0) this.#suspectBelow = Math.max(0, logEnd())
    this.#sent = Math.max(this.#sent, end)
    const backoff = new Backoff(this.#options.backoff)
    while (this.#stored < end && !isFormer()) {
      await untilAborted(commit(), signal)
      if (this.#stored < end && !isFormer()) await backoff.wait(signal)
    }
    if (this.next !== this.#stored && !this.#isExtending) {
      this.#isExtending = true
      void commit().finally(() => (this.#isExtending = false))
    }
  }

  /**
   * Reading went back, since the log is a shorter or another one (truncated, or the topic was made again). What it holds now
   * may have been sent.
   */
  goBack(): void {
    this.#suspectsSince = performance.now()
    this.#suspectBelow = Math.max(0, this.#options.logEnd())
    this.#sent = 0
    this.#stored = -1
  }
}
