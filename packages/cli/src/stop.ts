import { isLogpipeError } from '@logpipe/runtime'

/** Whether `error` only says that `signal` aborted: Ctrl-C. */
export function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || isLogpipeError(error, 'aborted'))
}
