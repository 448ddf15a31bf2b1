/** The content of one file from its creation or truncation on. */
export interface Life {
  lines: string[]
  part: string
  /** The agent that runs now has read from it, so it holds a handle. */
  isHeld: boolean
  /** Truncated or removed. */
  isGone: boolean
  /** Renamed to a name that no glob matches. */
  isOut: boolean
  /** What would survive of the knowledge of it: nothing, the process, a crash, a power cut. */
  known: 'no' | 'seen' | 'stored' | 'durable'
}

/** What must arrive, and what may: a model of files that knows nothing of how they are read. */
export class Model {
  readonly lives: Life[] = []
  /** By file: the life under its present name. */
  readonly current = new Map<number, Life>()
  /** Lines that were taken away before anybody had to have read them. */
  readonly atRisk = new Set<string>()
  #count = 0

  life(file: number): Life {
    let life = this.current.get(file)
    if (life === undefined) {
      life = { lines: [], part: '', isHeld: false, isGone: false, isOut: false, known: 'no' }
      this.current.set(file, life)
      this.lives.push(life)
    }
    return life
  }

  /** A text that stands nowhere else, and no part of it of 256 bytes does: the cursor must be able to tell it from others. */
  text(file: number, bytes: number): string {
    const id = `${file}-${this.#count++}-`
    return id + id.repeat(Math.ceil(bytes / id.length)).slice(0, bytes)
  }

  /** What is not in Kafka yet may be lost with it. */
  risk(life: Life, arrived: ReadonlySet<string>): void {
    for (const line of life.lines) if (!arrived.has(line)) this.atRisk.add(line)
  }

  /** All files were looked at; `isRead`: and read, and what was read could be sent. */
  polled(isRead: boolean, holdsHandles: boolean): void {
    for (const life of this.lives) {
      if (life.isGone) continue
      if (life.known === 'no' && !life.isOut) life.known = 'seen'
      if (!isRead || life.lines.length === 0) continue
      if (!life.isOut) life.known = 'durable'
      life.isHeld ||= holdsHandles
    }
  }

  /** Time enough has passed for the registry to be written. */
  flushed(): void {
    for (const life of this.lives) if (life.known === 'seen') life.known = 'stored'
  }

  /** The agent ended; what was known of files less well than `least` went with it. */
  ended(least: readonly Life['known'][], arrived: ReadonlySet<string>): void {
    for (const life of this.lives) {
      const isKnown = least.includes(life.known)
      if (life.isGone || (life.isOut && !isKnown)) {
        life.isGone = true
        this.risk(life, arrived)
      }
      if (!isKnown) life.known = 'no'
      life.isHeld = false
    }
  }
}
