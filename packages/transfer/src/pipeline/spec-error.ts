import { isLogpipeError, LogpipeError } from '@logpipe/runtime'

/** What `make` returns; a `settings_invalid` of it is thrown again with the key in front, since the sentence alone does not tell where. */
export function underKey<T>(key: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!isLogpipeError(error, 'settings_invalid')) throw error
    throw new LogpipeError('settings_invalid', `${key}: ${error.message}`, { cause: error })
  }
}
