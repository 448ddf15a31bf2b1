import type { Identity } from '../discover/identity.ts'
import type { Epochs } from '../registry/epochs.ts'
import type { Checkpoint } from '../registry/registry.ts'

/** Of a checkpoint what sending depends on. */
interface Told {
  readonly epochs: Epochs
  readonly dev: bigint
  readonly ino: bigint
  readonly headBytes: number
  readonly reserved: number
  readonly cut: number
}

/** The same of a source as it is now. */
interface Now extends Pick<Checkpoint, 'epochs' | 'head' | 'reserved' | 'cut'> {
  readonly identity: Identity
}

/** What the registry knows of a source for sure, and what it is being told, as far as sending depends on it. Owned by the source. */
export class KnownToRegistry {
  #stored: Told | null = null
  #offered: Told | null = null

  /** The epochs that it has; null where it was never told of the source. */
  get epochs(): Epochs | null {
    return this.#stored?.epochs ?? null
  }

  /** Up to which offset lines may be sent, as far as it knows. */
  get reserved(): number {
    return this.#stored?.reserved ?? 0
  }

  /** The checkpoint is being written. */
  offer(checkpoint: Checkpoint): void {
    this.#offered = told(checkpoint)
  }

  /** The checkpoint is written, durable. */
  store(checkpoint: Checkpoint): void {
    this.#stored = told(checkpoint)
    this.#offered = null
  }

  /** What was being written is not. */
  fail(): void {
    this.#offered = null
  }

  /** Nobody knows whether it has what it was told. */
  doubt(): void {
    this.#offered = null
    if (this.#stored !== null) this.#stored = { ...this.#stored, headBytes: -1 }
  }

  /** Whether it knows the source as it is now, but for how far that is reserved. */
  has(now: Now): boolean {
    return this.#stored !== null && isTold(this.#stored, now)
  }

  /** Whether there is something that it has to be told. */
  lacks(now: Now): boolean {
    const last = this.#offered ?? this.#stored
    return last === null || last.reserved < now.reserved || !isTold(last, now)
  }
}

function told({ epochs, dev, ino, head, reserved, cut }: Checkpoint): Told {
  return { epochs, dev, ino, headBytes: head.length, reserved, cut }
}

function isTold(last: Told, { epochs, head, cut, identity }: Now): boolean {
  if (last.epochs !== epochs || last.headBytes !== head.length || last.cut !== cut) return false
  return last.ino === identity.ino && last.dev === identity.dev
}
