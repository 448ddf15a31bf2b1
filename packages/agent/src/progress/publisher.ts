import type { AgentProgress, FileProgress } from '@logpipe/config'
import { Backoff, type Clock, sleep } from '@logpipe/runtime'
import type { ProgressEvents } from './events.ts'
import type { ProgressSink } from './sink.ts'
import { survey, type Survey } from './survey.ts'

export interface ProgressOptions {
  agent: { id: string; host: string; ip: string }
  /** Whether it registers itself in etcd. */
  registers: boolean
  /** All files; made anew with each call. */
  files: () => Iterable<FileProgress>
  sink: ProgressSink
  events: ProgressEvents
  clock: Clock
  /** Between two looks at the files. */
  everyMs: number
}

/** Where nothing changes, so often at least; who reads takes twice as long for a sign that something is wrong. */
const aliveMs = 300_000
const maxBackoffMs = 300_000
/** An orderly end waits no longer for the last word. */
const lastMs = 1_000

/**
 * Says how far the files are, whenever something has changed; whoever collects them does not notice. What could not be written is not kept: the
 * next look has newer. One owner.
 */
export class ProgressPublisher {
  readonly #options: ProgressOptions
  readonly #backoff: Backoff
  /** What was written last; null: nothing, or it is not known whether. */
  #written: { text: string; at: number } | null = null
  /** It may be written: Kafka was there, and took what was written last. */
  #isWell = false

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#backoff = new Backoff({ baseMs: 2 * options.everyMs, maxMs: Math.max(maxBackoffMs, options.everyMs) })
  }

  /** Looks and writes until `signal` aborts. Rejects where the files cannot be looked at. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyMs } = this.#options
    this.#isWell = true
    // Agents that start together must not write together.
    let waitMs = everyMs * Math.random()
    for (;;) {
      await sleep(waitMs, signal).catch(() => undefined)
      if (signal.aborted) return
      await this.turn(signal)
      waitMs = this.#isWell ? everyMs * (0.9 + 0.2 * Math.random()) : this.#backoff.next()
    }
  }

  /** Looks at all files; writes where something has changed, or was written too long ago. Rejects where they cannot be looked at. */
  async turn(signal: AbortSignal): Promise<void> {
    const seen = await survey(this.#options.files())
    const text = JSON.stringify(seen)
    const known = this.#written
    const isFresh = known !== null && this.#options.clock.monotonic() - known.at < aliveMs
    if (!isFresh || known.text !== text) await this.#write(seen, false, signal)
  }

  /** The last word, at an orderly end, when `run` has ended; for a second at most. None where writing did not work before. Never rejects. */
  async end(): Promise<void> {
    const { files, events, clock } = this.#options
    if (!this.#isWell) return
    try {
      await this.#write(await survey(files()), true, AbortSignal.timeout(lastMs))
    } catch (error) {
      events.failed(error, clock.monotonic())
    }
  }

  async #write(seen: Survey, ended: boolean, signal: AbortSignal): Promise<void> {
    const { agent, registers, clock, sink, events } = this.#options
    const { id, host, ip } = agent
    const at = new Date(clock.now()).toISOString()
    const record: AgentProgress = { agent: id, host, ip, at, nextMs: aliveMs, registers, ended, ...seen }
    try {
      await sink.put(id, JSON.stringify(record), signal)
    } catch (error) {
      this.#written = null
      if (signal.aborted) return
      this.#isWell = false
      events.failed(error, clock.monotonic())
      return
    }
    this.#isWell = true
    this.#written = { text: JSON.stringify(seen), at: clock.monotonic() }
    this.#backoff.reset()
    events.written()
  }
}
