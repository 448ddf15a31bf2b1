import { closeSync, constants, openSync } from 'node:fs'
import { type Clock, systemClock } from '@logpipe/runtime'
import { type FileStat, statHandle } from '../discover/identity.ts'
import { Roots } from '../discover/roots.ts'
import type { AgentEvents } from '../events.ts'

/** Handles left to sockets and the registry where the system gives no more. */
const handlesForOthers = 16
/** Where the system gave no more, it is asked for more than that after so long. */
const askAgainMs = 60_000

/** A file that may be held open. */
export interface HandleOwner {
  readonly path: string
  /** Whether the file can be found again, or is not needed again: then its handle may be closed at any time. */
  readonly isClosable: boolean
  /** Whether all of it was read, as far as anybody has seen. */
  readonly isAtEnd: boolean
}

/** The open files, at most `limit` of them: for the next, the one unused longest is closed, of those that are read to their end if there are any. One owner. */
export class Handles {
  readonly #most: number
  /** Less than `#most` while the system gives no more. */
  #limit: number
  #askAgainAt = 0
  /** How many were open when it was said that the system gives no more; said again only where it had given twice as many since. */
  #saidAt = 0
  readonly #clock: Clock
  readonly #events: AgentEvents
  readonly #roots: Roots
  /** Least recently used first. */
  readonly #open = new Map<HandleOwner, number>()

  constructor(limit: number, events: AgentEvents, roots = new Roots(['/']), clock: Clock = systemClock) {
    this.#most = limit
    this.#limit = limit
    this.#clock = clock
    this.#events = events
    this.#roots = roots
  }

  get count(): number {
    return this.#open.size
  }

  /** Whether the next file or so will need that another is closed. */
  get isShort(): boolean {
    return this.#open.size >= this.#limit * 0.9
  }

  /** The handle of a file that is open. */
  get(owner: HandleOwner): number | undefined {
    return this.#open.get(owner)
  }

  /** The handle of the file, opened where it is not; null where no other may be closed for it. Throws what `open` throws. */
  acquire(owner: HandleOwner): number | null {
    const known = this.#open.get(owner)
    if (known !== undefined) {
      this.#open.delete(owner)
      this.#open.set(owner, known)
      return known
    }
    this.#askForMore()
    if (!this.#makeRoom()) return null
    const fd = this.#openFile(owner.path)
    if (fd === null) return null
    this.#open.set(owner, fd)
    if (this.#open.size > 2 * this.#saidAt) this.#saidAt = 0
    try {
      this.#roots.check(fd, owner.path)
    } catch (error) {
      this.close(owner)
      throw error
    }
    return fd
  }

  /**
   * Opens a file that has something to read before its turn comes, since it may be deleted until then; not where others that have would be closed for it.
   * Returns whether it is open. Never throws: what is wrong with it is for its turn to say.
   */
  hold(owner: HandleOwner): boolean {
    if (this.#open.has(owner)) return true
    if (!this.#closeThose((other) => other.isClosable && other.isAtEnd)) return false
    try {
      return this.acquire(owner) !== null
    } catch {
      return true
    }
  }

  close(owner: HandleOwner): void {
    const fd = this.#open.get(owner)
    if (fd === undefined) return
    this.#open.delete(owner)
    try {
      closeSync(fd)
    } catch {
      // A mount that died reports it here as well; the handle is gone either way, and nothing was written through it.
    }
  }

  /** What the handle of the file tells; null where there is none, or it tells nothing any more: it is closed then. */
  stat(owner: HandleOwner): FileStat | null {
    const fd = this.#open.get(owner)
    if (fd === undefined) return null
    try {
      return statHandle(fd)
    } catch {
      this.close(owner)
      return null
    }
  }

  closeAll(): void {
    for (const owner of this.#open.keys()) this.close(owner)
  }

  #openFile(path: string): number | null {
    try {
      // NONBLOCK: a FIFO that has taken the file's place must not hang us.
      return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EMFILE' && code !== 'ENFILE') throw error
      this.#limit = Math.max(1, this.#open.size - handlesForOthers)
      this.#askAgainAt = this.#clock.monotonic() + askAgainMs
      if (this.#saidAt === 0) {
        this.#saidAt = Math.max(1, this.#open.size)
        this.#events.handlesShort(this.#limit)
      }
      this.#makeRoom()
      return null
    }
  }

  /** Others may have taken them for a while only: twice as many as were given are asked for each minute, as long as they are needed. */
  #askForMore(): void {
    const isNeeded = this.#limit < this.#most && this.#open.size >= this.#limit - 1
    if (!isNeeded || this.#clock.monotonic() < this.#askAgainAt) return
    this.#limit = Math.min(this.#most, 2 * this.#limit)
    this.#askAgainAt = this.#clock.monotonic() + askAgainMs
  }

  /** Closes what is above the limit, with one to be opened; false where too few may be closed. */
  #makeRoom(): boolean {
    // What was not read to its end would be lost, were it deleted without a handle.
    return (
      this.#closeThose((other) => other.isClosable && other.isAtEnd) || this.#closeThose((other) => other.isClosable)
    )
  }

  #closeThose(mayClose: (owner: HandleOwner) => boolean): boolean {
    for (const owner of this.#open.keys()) {
      if (this.#open.size < this.#limit) return true
      if (mayClose(owner)) this.close(owner)
    }
    return this.#open.size < this.#limit
  }
}
