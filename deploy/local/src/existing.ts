import { resolve } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { endProcesses, isAlive, isServerOf } from './processes.ts'
import { type ServerRecord, type StackState, readState, removeState } from './state.ts'

export interface ExistingStack {
  state: StackState
  running: ServerRecord[]
  /** Servers that ended although nobody took the stack down. */
  gone: ServerRecord[]
}

/** What runs in `dir` now, by its stack.json and the process table; undefined where no stack was left running. */
export function existingStack(dir: string): ExistingStack | undefined {
  const folder = resolve(dir)
  const state = readState(folder)
  if (!state) return undefined
  const isRunning = (server: ServerRecord): boolean => isServerOf(server.pid, folder)
  return {
    state,
    running: state.servers.filter(isRunning),
    gone: state.servers.filter((server) => !isRunning(server)),
  }
}

/** Ends the servers of a stack that outlives its starter. Resolves to how many ran. Rejects where another process owns it. */
export async function takeDown(dir: string, signal: AbortSignal, graceMs = 10_000): Promise<number> {
  const existing = existingStack(dir)
  if (!existing) return 0
  const owner = livingOwner(existing)
  if (owner !== undefined) {
    throw new LogpipeError(
      'settings_invalid',
      `The stack in ${resolve(dir)} belongs to process ${owner}, which ends it when it ends: stop that one (Ctrl-C).`,
    )
  }
  await endProcesses(
    existing.running.map((server) => server.pid),
    graceMs,
    signal,
  )
  removeState(resolve(dir))
  return existing.running.length
}

/** Ends what a starter that is gone left behind in `dir`. Rejects where a stack is up there on purpose. */
export async function endLeftovers(dir: string, signal: AbortSignal): Promise<void> {
  const existing = existingStack(dir)
  if (!existing) return
  const owner = livingOwner(existing)
  const upByItself = existing.state.owner === null && existing.state.ready && existing.gone.length === 0
  if (owner !== undefined || upByItself) {
    const who = owner === undefined ? 'take it down first: npm run stack -- down' : `process ${owner} owns it`
    throw new LogpipeError('settings_invalid', `A stack runs in ${dir} already (${who}).`)
  }
  await takeDown(dir, signal)
}

function livingOwner({ state, running }: ExistingStack): number | undefined {
  // Without servers nothing is owned, and the pid may be anyone's by now.
  if (state.owner === null || running.length === 0) return undefined
  return isAlive(state.owner) ? state.owner : undefined
}
