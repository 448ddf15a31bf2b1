import { type Clock, describeError, LogpipeError, untilAborted } from '@logpipe/runtime'
import type { Collector, Reading } from './collector.ts'

/** What one collector read, or why it did not. */
export interface Collected {
  readonly collector: Collector
  readonly seconds: number
  /** Empty where it failed. */
  readonly readings: readonly Reading[]
  readonly failure: string | null
}

/** All collectors read together. */
export interface Snapshot {
  /** When, milliseconds since 1970. */
  readonly at: number
  readonly collected: readonly Collected[]
}

export interface CollectionEvents {
  /** A collector is left out from now on: the host does not have what it reads. */
  absent(collector: string, reason: string): void
  /** A collector failed; told with every failure. */
  failed(collector: string, reason: string): void
  worked(collector: string): void
}

/** Who asks more often is given what was read last. */
export const freshMs = 1_000
/** Who asks does not wait longer for one that hangs. */
const collectMs = 2_000
/** Things that one collector tells of, at most: a host may have thousands of mounts, each a series of its own. */
const maxReadings = 500

/** Reads the collectors when it is asked to, at most once a second for all who ask; a collector that fails or hangs fails alone. */
export class Collection {
  readonly #collectors: Set<Collector>
  readonly #clock: Clock
  readonly #events: CollectionEvents
  readonly #hanging = new Set<Collector>()
  #last: { readonly at: number; readonly snapshot: Promise<Snapshot> } | null = null

  constructor(collectors: Iterable<Collector>, clock: Clock, events: CollectionEvents) {
    this.#collectors = new Set(collectors)
    this.#clock = clock
    this.#events = events
  }

  /** Those that are not left out. */
  get collectors(): Iterable<Collector> {
    return this.#collectors
  }

  /** What was read within the last `maxAgeMs`, or is read now; within some seconds. Never rejects. */
  read(maxAgeMs = freshMs): Promise<Snapshot> {
    const now = this.#clock.monotonic()
    if (this.#last === null || now - this.#last.at >= maxAgeMs) this.#last = { at: now, snapshot: this.#readAll() }
    return this.#last.snapshot
  }

  async #readAll(): Promise<Snapshot> {
    const at = this.#clock.now()
    const all = await Promise.all([...this.#collectors].map((collector) => this.#readOne(collector)))
    return { at, collected: all.filter((one) => one !== null) }
  }

  /** Null where the host does not have it. */
  async #readOne(collector: Collector): Promise<Collected | null> {
    const began = this.#clock.monotonic()
    const result = (readings: readonly Reading[], failure: string | null): Collected => {
      if (failure === null) this.#events.worked(collector.name)
      else this.#events.failed(collector.name, failure)
      return { collector, seconds: (this.#clock.monotonic() - began) / 1_000, readings, failure }
    }
    try {
      const readings = await this.#bounded(collector)
      if (readings.length <= maxReadings) return result(readings, null)
      const failure = `There are ${readings.length} of them, only ${maxReadings} are told; leave some out by hostMetrics.exclude`
      return result(readings.slice(0, maxReadings), failure)
    } catch (error) {
      const reason = describeError(error)
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return result([], reason)
      this.#collectors.delete(collector)
      this.#events.absent(collector.name, reason)
      return null
    }
  }

  /** One that hangs is not asked again until it has answered: each call may hold a thread that files are read by. */
  async #bounded(collector: Collector): Promise<Reading[]> {
    if (this.#hanging.has(collector)) throw hangs(collector)
    this.#hanging.add(collector)
    const readings = collector.collect().finally(() => this.#hanging.delete(collector))
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), collectMs)
    try {
      return await untilAborted(readings, late.signal)
    } catch (error) {
      throw late.signal.aborted ? hangs(collector) : error
    } finally {
      clearTimeout(timer)
    }
  }
}

function hangs({ name, busyWith }: Collector): LogpipeError {
  const what = busyWith?.() ?? null
  const where = what === null ? '' : ` at ${what}`
  return new LogpipeError(
    'deadline_exceeded',
    `The collector ${name} hangs${where} for more than ${collectMs / 1_000} s; leave that out by hostMetrics.exclude.`,
    { retriable: true },
  )
}
