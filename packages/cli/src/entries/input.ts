import { readFileSync } from 'node:fs'
import { describeError, LogpipeError } from '@logpipe/runtime'
import type { ReadStdin } from '../commands/context.ts'

/** What a person gives: of a file, of stdin (`-`); null: nothing. Throws `settings_invalid` where the file cannot be read. */
export async function readInput(file: string | undefined, readStdin: ReadStdin): Promise<string | null> {
  if (file === undefined) return null
  if (file === '-') return await readStdin()
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new LogpipeError('settings_invalid', `${file} cannot be read: ${describeError(cause)}.`, { cause })
  }
}
