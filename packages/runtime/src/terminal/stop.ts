import { isLogpipeError } from '../errors.ts'

/** Whether `error` only says that `signal` aborted: Ctrl-C. */
export function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || isLogpipeError(error, 'aborted'))
}

/** A signal that SIGINT and SIGTERM abort. From now on they do not end the process; a second one does. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  return stop.signal
}
