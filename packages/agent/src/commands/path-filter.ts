import { resolve } from 'node:path'
import { describeError, LogpipeError } from '@logpipe/runtime'
import { Glob } from '../discover/glob.ts'

/**
 * Whether a path is meant by `--path`: a glob as in entries, from the working folder on where it is not absolute. Throws
 * `settings_invalid` where it is no glob.
 */
export function pathFilter(pattern: string): (path: string) => boolean {
  try {
    const glob = new Glob(resolve(pattern))
    return (path) => glob.matches(path)
  } catch (error) {
    throw new LogpipeError('settings_invalid', `--path is no glob: ${describeError(error)}`, { cause: error })
  }
}
