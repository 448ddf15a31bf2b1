import { Backoff, type BackoffOptions, type Clock, systemClock } from '@logpipe/runtime'

/** A bulk that takes longer than this is not waited for: it hangs, and nobody should hang with it. */
const maxWaitMs = 60_000

/** Asks which bulks the cluster is carrying out; null where it does not tell (a missing right, a server without it). */
export type ListBulks = (signal: AbortSignal) => Promise<ReadonlySet<string> | null>

/**
 * Waits until all bulks that the cluster carries out at this moment are done, whoever sent them, since a process that was
 * killed leaves some behind: slow ones write into an index that was rolled over meanwhile, after we looked there. New ones are
 * not waited for. Resolves at once where the cluster does not tell, after a minute in any case. Rejects as `list` does.
 */
export async function untilBulksAreDone(
  list: ListBulks,
  signal: AbortSignal,
  options: { backoff?: BackoffOptions; clock?: Clock } = {},
): Promise<void> {
  const clock = options.clock ?? systemClock
  const backoff = new Backoff(options.backoff ?? { baseMs: 10, maxMs: 250 })
  const until = clock.monotonic() + maxWaitMs
  let waited = await list(signal)
  while (waited !== null && waited.size > 0 && clock.monotonic() < until) {
    await backoff.wait(signal)
    const now = await list(signal)
    if (now === null) return
    waited = new Set([...waited].filter((bulk) => now.has(bulk)))
  }
}
