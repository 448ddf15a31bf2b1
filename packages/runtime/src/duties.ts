import { Backoff } from './backoff.ts'
import { describeError } from './errors.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface DutiesOptions {
  log: Logger
  metrics: Metrics
  /** Upper bound of the first wait before work is begun again, milliseconds. Default 1,000. */
  baseMs?: number
  /** Upper bound of each wait. Default 60,000. */
  maxMs?: number
  /** Work that has gone on for so long since it was begun again is well. Default 60,000. */
  steadyMs?: number
}

/**
 * What a process does beside its main work, and what must never end that: work that throws is begun again, with a back-off. Each failure is counted in
 * `duty_failures_total`; the log says the first one, and when it is over; `duty_failing` is 1 in between.
 */
export class Duties {
  readonly #options: Required<DutiesOptions>
  readonly #failures: ReturnType<Metrics['counter']>
  readonly #failing: ReturnType<Metrics['gauge']>
  /** By name, why it failed last; none of those that are well. */
  readonly #reasons = new Map<string, string>()

  constructor(options: DutiesOptions) {
    this.#options = { baseMs: 1_000, maxMs: 60_000, steadyMs: 60_000, ...options }
    const { metrics } = options
    const help = 'Failures of what is done beside the lines; it is begun again.'
    this.#failures = metrics.counter('duty_failures_total', help, ['duty'])
    this.#failing = metrics.gauge('duty_failing', '1 where that has failed and is not well again yet.', ['duty'])
  }

  /** Does `work` until it resolves or `signal` aborts. `work` must be able to begin anew after it has thrown. Never rejects. */
  async run(duty: string, work: (signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { baseMs, maxMs, steadyMs } = this.#options
    const backoff = new Backoff({ baseMs, maxMs })
    this.#failures.inc({ duty }, 0)
    this.#failing.set({ duty }, 0)
    while (!signal.aborted) {
      const steady = setTimeout(() => {
        backoff.reset()
        this.#isWell(duty)
      }, steadyMs)
      try {
        await work(signal)
        this.#isWell(duty)
        return
      } catch (error) {
        this.#failed(duty, error, signal)
      } finally {
        clearTimeout(steady)
      }
      await backoff.wait(signal).catch(() => undefined)
    }
  }

  /** Why this is not done now, in a sentence; null where it is. */
  trouble(duty: string): string | null {
    return this.#reasons.get(duty) ?? null
  }

  #failed(duty: string, error: unknown, signal: AbortSignal): void {
    const { log } = this.#options
    if (signal.aborted) {
      log.debug('Something beside the lines ended with an error', { duty, error })
      return
    }
    const isFirst = !this.#reasons.has(duty)
    this.#reasons.set(duty, describeError(error))
    this.#failures.inc({ duty })
    this.#failing.set({ duty }, 1)
    if (!isFirst) return
    log.error('Something beside the lines has failed; it is begun again until it works, lines go on', { duty, error })
  }

  #isWell(duty: string): void {
    if (!this.#reasons.delete(duty)) return
    this.#failing.set({ duty }, 0)
    this.#options.log.info('What had failed beside the lines works again', { duty })
  }
}
