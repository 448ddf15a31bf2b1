import { watch } from 'node:fs'
import type { Clock } from '@logpipe/runtime'
import type { AgentEvents } from '../events.ts'

/** Begins to watch a folder, not what is below it; throws the system's error. `onError`: it ended by itself. */
export type WatchFolder = (folder: string, onEvent: () => void, onError: (error: unknown) => void) => { close(): void }

export interface HintOptions {
  readonly clock: Clock
  readonly events: AgentEvents
  /** Something may have changed: look now. */
  readonly hurry: () => void
  readonly watch: WatchFolder
}

/** Folders that are watched, at most; the others are polled as all are. */
const maxFolders = 1_000
/** After the system refused a watch there is none for so long. */
const pauseMs = 600_000

/** The system's own watches. One handle for the whole process, one watch a folder. */
export const watchFolder: WatchFolder = (folder, onEvent, onError) =>
  watch(folder, { persistent: false }, onEvent).on('error', onError)

/**
 * A hint to look now: watches the folders that were looked at last. Polling is the truth, nothing is lost where this fails. A folder is watched
 * for one event only, and again from the next scan on: so a busy folder costs no more than a quiet one. One owner.
 */
export class Hint {
  readonly #options: HintOptions
  /** Null: something happened there since the last scan began; nobody watches. */
  readonly #folders = new Map<string, { close(): void } | null>()
  #pausedUntil = -Infinity

  constructor(options: HintOptions) {
    this.#options = options
  }

  /** How many folders are watched now. */
  get count(): number {
    let count = 0
    for (const watcher of this.#folders.values()) if (watcher !== null) count++
    return count
  }

  /** A scan begins: what happens from now on may be missed by it. */
  rearm(): void {
    for (const [folder, watcher] of this.#folders) if (watcher === null) this.#watch(folder)
  }

  /** These folders are to be watched, and no others. */
  follow(folders: Iterable<string>): void {
    if (this.#options.clock.monotonic() < this.#pausedUntil) return
    const wanted = new Set<string>()
    for (const folder of folders) if (wanted.size < maxFolders) wanted.add(folder)
    for (const [folder, watcher] of this.#folders) {
      if (wanted.has(folder)) continue
      watcher?.close()
      this.#folders.delete(folder)
    }
    for (const folder of wanted) {
      if (this.#folders.has(folder)) continue
      // What happened there since it was looked at, nobody has seen.
      if (this.#watch(folder)) this.#options.hurry()
      if (this.#pausedUntil > this.#options.clock.monotonic()) return
    }
  }

  close(): void {
    for (const watcher of this.#folders.values()) watcher?.close()
    this.#folders.clear()
  }

  #watch(folder: string): boolean {
    try {
      const watcher = this.#options.watch(
        folder,
        () => this.#happened(folder, watcher),
        (error) => this.#failed(folder, error),
      )
      this.#folders.set(folder, watcher)
      return true
    } catch (error) {
      this.#failed(folder, error)
      return false
    }
  }

  #happened(folder: string, watcher: { close(): void }): void {
    // Events that were under way while it was closed.
    if (this.#folders.get(folder) !== watcher) return
    watcher.close()
    this.#folders.set(folder, null)
    this.#options.hurry()
  }

  #failed(folder: string, error: unknown): void {
    const { code } = error as NodeJS.ErrnoException
    this.#folders.get(folder)?.close()
    this.#folders.delete(folder)
    // A folder that is gone or not for us is the scan's to tell; only what is wrong with watching is told here.
    if (code !== 'ENOSPC' && code !== 'EMFILE' && code !== 'ENFILE' && code !== 'ENOMEM') return
    const { clock, events } = this.#options
    this.close()
    this.#pausedUntil = clock.monotonic() + pauseMs
    events.hintRefused(error)
  }
}
