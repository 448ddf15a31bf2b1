import { describeError, LogpipeError } from '@logpipe/runtime'

export interface WaitOptions {
  /** What is awaited, as it reads after “waited 10 s for”. */
  what: string
  /** Default 10,000. */
  deadlineMs?: number
  /** Between two looks. Default 50. */
  everyMs?: number
}

/** What a look returns when what it waits for has come. */
export type Truthy<T> = Exclude<T, false | null | undefined | 0 | '' | void>

/**
 * Looks again and again until `look` returns something truthy, and returns that; a look that throws counts as “not yet”.
 * Rejects with `deadline_exceeded`, naming what did not come and why the last look failed; also when a look hangs.
 */
export async function waitFor<T>(
  look: (signal: AbortSignal) => T | Promise<T>,
  options: WaitOptions,
): Promise<Truthy<T>> {
  const deadlineMs = options.deadlineMs ?? 10_000
  const deadline = new AbortController()
  let lastError: unknown
  let lastLook = 'no look came back'
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    deadline.abort()
    late.reject(
      new LogpipeError('deadline_exceeded', `Waited ${deadlineMs / 1000} s for ${options.what} in vain; ${lastLook}.`, {
        cause: lastError,
      }),
    )
  }, deadlineMs)
  try {
    for (;;) {
      try {
        const seen = await Promise.race([look(deadline.signal), late.promise])
        if (seen) return seen as Truthy<T>
        lastLook = `the last look saw ${String(seen)}`
        lastError = undefined
      } catch (error) {
        if (deadline.signal.aborted) break
        lastLook = `the last look failed: ${describeError(error)}`
        lastError = error
      }
      await Promise.race([pause(options.everyMs ?? 50), late.promise])
    }
    return await late.promise
  } finally {
    clearTimeout(timer)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
