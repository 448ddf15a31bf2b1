import { unlinkSync } from 'node:fs'
import { describeError, type Clock } from '@logpipe/runtime'
import type { Files } from '../discover/files.ts'
import type { Found } from '../discover/finder.ts'
import { modifiedAt, sameFile, statHandle, statName } from '../discover/identity.ts'
import { isKnown } from '../discover/recognize.ts'
import type { AgentEvents } from '../events.ts'
import type { Handles } from '../harvest/handles.ts'
import type { Harvester } from '../harvest/harvester.ts'
import type { Ledger } from '../registry/ledger.ts'

export interface UpkeepOptions {
  readonly ledger: Ledger
  readonly handles: Handles
  readonly events: AgentEvents
  readonly clock: Clock
  readonly files: Files
}

/** Least time that we have watched a file before it is deleted, however old it is. */
const leastWatchMs = 1_000
/** What could not be deleted is tried again after so long. */
const retryMs = 60_000

/** Why a new file is left alone because of its age, in a sentence; null where it is not. */
export function whyTooOld({ stat, entry }: Found, nowMs: number): string | null {
  const { ignoreOlder } = entry.spec
  const mtimeMs = Number(stat.mtimeNs / 1_000_000n)
  if (ignoreOlder === undefined || nowMs - mtimeMs <= ignoreOlder) return null
  return `It last changed at ${modifiedAt(stat)}, longer ago than ignoreOlder of its entry says; it is collected once it changes.`
}

/** What entries ask for by age: which files are left alone, closed, deleted. One owner. */
export class Upkeep {
  readonly #options: UpkeepOptions
  /** Monotonic time before which a file needs no look for its deletion. */
  readonly #notBefore = new WeakMap<Harvester, number>()

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  /** Why a file that nobody collects yet is left alone, in a sentence; null where it is not. */
  whyLeft(found: Found): string | null {
    const reason = whyTooOld(found, this.#options.clock.now())
    return reason === null || isKnown(found, this.#options.ledger) ? null : reason
  }

  /** What time brings to a file that is where it was, and that has been quiet for so long. */
  tend(file: Harvester, quietForMs: number): void {
    const { closeInactive, deleteAfter } = file.entry.spec
    if (!file.isAtEnd || !file.isSettled || file.hasPartialLine || file.standing !== 'own') return
    if (quietForMs >= closeInactive) this.#options.handles.close(file)
    if (deleteAfter !== undefined && quietForMs >= leastWatchMs) this.#deleteWhereDue(file, deleteAfter)
  }

  #deleteWhereDue(file: Harvester, deleteAfter: number): void {
    const { clock } = this.#options
    const now = clock.monotonic()
    if (now < (this.#notBefore.get(file) ?? 0)) return
    this.#notBefore.set(file, now + retryMs)
    try {
      const there = statName(file.path)
      if (there === null) return
      if (there.kind === 'link') return this.#keep(file, 'It is not deleted after deleteAfter: it is a symbolic link.')
      const dueInMs = Number(there.mtimeNs / 1_000_000n) + deleteAfter - clock.now()
      if (dueInMs > 0) {
        this.#notBefore.set(file, now + Math.min(dueInMs, retryMs))
        return
      }
      const why = this.#delete(file)
      if (why !== null) this.#keep(file, why)
    } catch {
      // It cannot be looked at: its turn or the scan says so.
    }
  }

  #keep(file: Harvester, why: string): void {
    if (why === file.remark) return
    file.remark = why
    this.#options.events.fileKept(file.path, why)
  }

  /** Deletes the file where nothing speaks against it. Why it is not, in a sentence; null where it is, or where that will show. */
  #delete(file: Harvester): string | null {
    const { handles, ledger, events, clock, files } = this.#options
    const { path, source } = file
    // The handle stays: what a writer appends from now on is read through it, as of any deleted file.
    const fd = handles.acquire(file)
    if (fd === null) return null
    const held = statHandle(fd)
    const there = statName(path)
    if (there === null) return null
    if (!sameFile(held, source.identity)) handles.close(file)
    if (!sameFile(held, source.identity) || !sameFile(held, there) || held.kind !== 'file') return null
    if (held.links !== 1)
      return `It is due to be deleted, but has ${held.links} names; only files with one are deleted.`
    if (held.size !== source.acked || held.size !== there.size || file.look(held)) return null
    const behind = files.at(held).find((other) => other.standing !== 'ignored' && other.source.acked < held.size)
    if (behind !== undefined)
      return `It is due to be deleted, but entry '${behind.entry.spec.id}' collects it too, and not all of that is acknowledged.`
    try {
      unlinkSync(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const isForbidden = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      return `It is due to be deleted, but ${isForbidden ? 'this user has no right to' : describeError(error)}.`
    }
    file.lost = 'deleted'
    file.isFindable = false
    file.quietSince = clock.monotonic()
    source.state = 'lost'
    ledger.touched(source)
    events.fileDeleted(path, held.size)
    return null
  }
}
