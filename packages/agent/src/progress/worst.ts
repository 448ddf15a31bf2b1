import { type FileProgress, worseFirst } from '@logpipe/config'

/** Keeps the worst of all files that it is shown, in room for a few times as many: thousands are never sorted at once. */
export class Worst {
  readonly #limit: number
  #kept: FileProgress[] = []
  /** What is better than this has no place any more. */
  #cutoff: FileProgress | null = null

  constructor(limit: number) {
    this.#limit = limit
  }

  add(file: FileProgress): void {
    if (this.#cutoff !== null && worseFirst(file, this.#cutoff) >= 0) return
    this.#kept.push(file)
    if (this.#kept.length >= 4 * this.#limit) this.#trim()
  }

  /** Worst first. */
  take(): readonly FileProgress[] {
    this.#trim()
    return this.#kept
  }

  #trim(): void {
    this.#kept = this.#kept.sort(worseFirst).slice(0, this.#limit)
    if (this.#kept.length === this.#limit) this.#cutoff = this.#kept.at(-1) ?? null
  }
}
