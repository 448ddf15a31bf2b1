import { readFileSync } from 'node:fs'
import { LogpipeError, sleep } from '@logpipe/runtime'

const pollMs = 50

/** Whether a process of this pid exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, but another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !isZombie(pid)
}

/** Whether the process of this pid is a server that keeps its data under `dir`: pids come round again, folders do not. */
export function isServerOf(pid: number, dir: string): boolean {
  if (!isAlive(pid)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dir}/`)
  } catch {
    return false
  }
}

/** Ends processes that are not our children: SIGTERM, after `graceMs` SIGKILL. Resolves when all are gone. */
export async function endProcesses(pids: number[], graceMs: number, signal: AbortSignal): Promise<void> {
  // A stopped process does not act on SIGTERM.
  for (const pid of pids) for (const name of ['SIGTERM', 'SIGCONT'] as const) sendSignal(pid, name)
  if (await allGone(pids, graceMs, signal)) return
  for (const pid of pids) sendSignal(pid, 'SIGKILL')
  if (await allGone(pids, 10_000, signal)) return
  throw new LogpipeError(
    'deadline_exceeded',
    `Processes ${pids.filter(isAlive).join(', ')} did not end within 10 s of SIGKILL.`,
  )
}

/** Sends a signal; a process that is gone already is fine. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function allGone(pids: number[], deadlineMs: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + deadlineMs
  while (pids.some(isAlive)) {
    if (performance.now() > deadline) return false
    await sleep(pollMs, signal)
  }
  return true
}

function isZombie(pid: number): boolean {
  try {
    // The state follows the name, which stands in brackets and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}
