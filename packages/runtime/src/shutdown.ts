import { isLogpipeError, LogpipeError } from './errors.ts'
import type { Logger } from './log.ts'

export interface ShutdownOptions {
  log: Logger
  /** How long `main` may take to end after the first signal. */
  deadlineMs: number
  /** Ends the process at once; tests pass their own. */
  exit?: (code: number) => void
}

/** Exit codes of all our programs. */
export const exitCodes = { ok: 0, failed: 1, badSettings: 2 } as const

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const
type StopSignal = keyof typeof signalNumbers

/**
 * Runs `main` until it ends by itself or by SIGINT or SIGTERM, which abort its signal. Resolves with the exit code: 0 after
 * an orderly end, 2 for settings that are wrong, 1 for any other failure. A second signal, or `deadlineMs` after the first,
 * ends the process at once. A rejection that nobody handles is logged and ends it with 1. Never rejects.
 */
export async function runUntilSignal(
  main: (signal: AbortSignal) => Promise<void>,
  { log, deadlineMs, exit = (code) => process.exit(code) }: ShutdownOptions,
): Promise<number> {
  const stop = new AbortController()
  let deadline: NodeJS.Timeout | undefined

  const onSignal = (name: StopSignal): void => {
    if (stop.signal.aborted) {
      log.warn('A second signal came: stopping at once; what was not acknowledged is sent again at the next start', {
        signal: name,
      })
      exit(128 + signalNumbers[name])
      return
    }
    log.info('Stopping; a second signal stops at once', { signal: name, deadlineMs })
    deadline = setTimeout(() => {
      log.error('Stopping took too long: ending now; what was not acknowledged is sent again at the next start', {
        deadlineMs,
      })
      exit(exitCodes.failed)
    }, deadlineMs)
    stop.abort(new LogpipeError('aborted', `Stopped by ${name}.`))
  }
  const onFatal = (error: unknown): void => {
    log.error('An error that nobody handled; this is a bug in logpipe, please report it', { error })
    exit(exitCodes.failed)
  }

  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('unhandledRejection', onFatal)
  process.on('uncaughtException', onFatal)
  try {
    await main(stop.signal)
    return exitCodes.ok
  } catch (error) {
    if (stop.signal.aborted && isLogpipeError(error, 'aborted')) return exitCodes.ok
    log.error('Ended by an error', { error })
    return isLogpipeError(error, 'settings_invalid') ? exitCodes.badSettings : exitCodes.failed
  } finally {
    clearTimeout(deadline)
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    process.off('unhandledRejection', onFatal)
    process.off('uncaughtException', onFatal)
  }
}
