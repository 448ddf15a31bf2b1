import type { Handles } from './handles.ts'
import type { Harvester } from './harvester.ts'

/** How soon a file that was read to its end is looked at again. Doubles until the next scan comes first. */
const firstLookMs = 50

interface Look {
  at: number
  delayMs: number
}

/**
 * Whose turn it is: round robin over files that may have something to do, so that a busy one never starves the others; and which files
 * are looked at again before the next scan, because they grew a moment ago. One owner.
 */
export class Rounds {
  readonly #ready = new Set<Harvester>()
  readonly #hot = new Map<Harvester, Look>()
  readonly #handles: Handles
  readonly #pollMs: number
  #dueAt = Infinity

  constructor(handles: Handles, pollMs: number) {
    this.#handles = handles
    this.#pollMs = pollMs
  }

  /** How many wait for their turn. */
  get readyCount(): number {
    return this.#ready.size
  }

  /** Whether this one waits for its turn. */
  isReady(harvester: Harvester): boolean {
    return this.#ready.has(harvester)
  }

  /** It may have something to do: its turn comes after everybody else's. */
  add(harvester: Harvester): void {
    this.#ready.add(harvester)
  }

  /** Whose turn it is; no longer ready then. Undefined where nobody is. */
  take(): Harvester | undefined {
    const [first] = this.#ready
    if (first !== undefined) this.#ready.delete(first)
    return first
  }

  /** It was read to its end. `grew`: there was something to read. */
  rest(harvester: Harvester, grew: boolean, now: number): void {
    const delayMs = grew ? firstLookMs : (this.#hot.get(harvester)?.delayMs ?? Infinity) * 2
    if (delayMs >= this.#pollMs || harvester.stopping) {
      this.#hot.delete(harvester)
      return
    }
    this.#hot.set(harvester, { at: now + delayMs, delayMs })
    this.#dueAt = Math.min(this.#dueAt, now + delayMs)
  }

  /** Looks at the files that are due; those that changed get a turn. */
  look(now: number): void {
    if (now < this.#dueAt) return
    this.#dueAt = Infinity
    for (const [harvester, { at }] of this.#hot) {
      if (at > now) {
        this.#dueAt = Math.min(this.#dueAt, at)
        continue
      }
      if (this.#handles.get(harvester) !== undefined) {
        const stat = this.#handles.stat(harvester)
        // A handle that tells nothing any more: the turn finds out what is wrong with the file.
        if (stat === null || harvester.look(stat)) this.#ready.add(harvester)
      }
      this.rest(harvester, false, now)
    }
  }

  /** Monotonic time at which `look` has something to do; Infinity where it has not. */
  get dueAt(): number {
    return this.#dueAt
  }
}
