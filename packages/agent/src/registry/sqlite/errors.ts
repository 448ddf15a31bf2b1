import { LogpipeError } from '@logpipe/runtime'

/** SQLite's primary result codes that we tell apart. */
const sqlite = { busy: 5, locked: 6, readonly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 }

/** Why the content of a registry cannot be used, in SQLite's words; null where the error is not about its content. */
export function brokenReason(error: unknown): string | null {
  const code = primaryCode(error)
  // 1: the schema is not ours, so a statement did not compile.
  const broken = code === sqlite.corrupt || code === sqlite.notADatabase || code === 1
  return broken ? (error as Error).message : null
}

/** Turns whatever SQLite or the file system threw into ours. */
export function fromSqlite(error: unknown, path: string): LogpipeError {
  const code = primaryCode(error)
  const system = (error as NodeJS.ErrnoException).code
  if (code === sqlite.full || system === 'ENOSPC' || system === 'EDQUOT') {
    return new LogpipeError('disk_full', `There is no room on the disk for the registry ${path}; make some.`, {
      cause: error,
      retriable: true,
    })
  }
  if (isBusy(error)) {
    return new LogpipeError(
      'registry_broken',
      `Another process holds the registry ${path}: one logagent per dataDir.`,
      {
        cause: error,
      },
    )
  }
  const forbidden =
    code === sqlite.readonly ||
    code === sqlite.cannotOpen ||
    system === 'EACCES' ||
    system === 'EPERM' ||
    system === 'EROFS'
  if (forbidden) {
    const message = `The registry ${path} cannot be written: check the rights of this user on dataDir.`
    return new LogpipeError('registry_broken', message, { cause: error, retriable: true })
  }
  return new LogpipeError('registry_broken', `The registry ${path} failed.`, { cause: error, retriable: true })
}

/** A change was made, and then what makes it durable failed. */
export function unsure(error: unknown, path: string): LogpipeError {
  const { message } = fromSqlite(error, path)
  return new LogpipeError('registry_unsure', `${message} What was written last may be there or not.`, {
    cause: error,
    retriable: true,
  })
}

/** Whether another process holds the file. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === sqlite.busy || code === sqlite.locked
}

function primaryCode(error: unknown): number | null {
  const { errcode } = error as { errcode?: number }
  return errcode === undefined ? null : errcode & 0xff
}
