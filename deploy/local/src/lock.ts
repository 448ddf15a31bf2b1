import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { LogpipeError, sleep } from '@logpipe/runtime'

const pollMs = 200
/** A lock that was never filled in is being written this moment, or its writer was killed in between. */
const emptyLockMs = 5_000

/**
 * Runs `action` while no other process does, kept apart by a file at `path` that holds our pid. Calls `onWait` once where it
 * has to wait. The lock of a process that is gone is taken over. Rejects with `aborted` when `signal` aborts the wait.
 */
export async function withLock<T>(
  path: string,
  onWait: () => void,
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T> {
  for (let waited = false; !(await take(path)); waited = true) {
    if (!waited) onWait()
    await sleep(pollMs, signal)
  }
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' })
      return true
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw lockError(path, error)
    }
    if (!(await isStale(path))) return false
    await rm(path, { force: true })
  }
  return false
}

async function isStale(path: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(path, 'utf8'))
    if (!(holder > 0)) return Date.now() - (await stat(path)).mtimeMs > emptyLockMs
    process.kill(holder, 0)
    return false
  } catch (error) {
    return isCode(error, 'ESRCH')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function lockError(path: string, cause: unknown): LogpipeError {
  return new LogpipeError('file_unreadable', `The lock file ${path} cannot be written.`, { cause })
}
