import { Backoff, isLogpipeError } from '@logpipe/runtime'

/** How long such things take, as a rule. */
const patienceMs = 3_000

/** A leader that is being elected, a coordinator that is being made, a topic that was deleted since it was listed. */
export function passesByItself(error: unknown): boolean {
  return isLogpipeError(error, 'kafka_topic_missing') || (isLogpipeError(error) && error.retriable)
}

/** Asks again for a moment where the answer is one that passes by itself; rejects with the last one. */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const backoff = new Backoff({ maxMs: 500 })
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!passesByItself(error) || performance.now() > until) throw error
      await backoff.wait(signal)
    }
  }
}
