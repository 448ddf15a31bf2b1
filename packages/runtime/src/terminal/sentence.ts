import { describeError, isLogpipeError } from '../errors.ts'

/** What to tell a person of something thrown: our own errors are sentences already, of others we say all we know. */
export function sentence(error: unknown): string {
  return isLogpipeError(error) ? error.message : describeError(error)
}
