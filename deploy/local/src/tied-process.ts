import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'

export interface TiedOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  stdio: StdioOptions
  /** What the kernel sends when this process is gone: SIGKILL for servers, SIGTERM for who has to put things in order. */
  deathSignal: 'SIGKILL' | 'SIGTERM'
}

/**
 * Starts a child in a session of its own, so that Ctrl-C in a terminal reaches us only and we end it in our own time, and that
 * nevertheless ends when this process does, however that ends: also by SIGKILL where the kernel can be told so (`setpriv`).
 */
export function spawnTied(program: string, args: string[], { deathSignal, ...options }: TiedOptions): ChildProcess {
  const [command, all] = canTie()
    ? ['setpriv', ['--pdeathsig', deathSignal.slice(3), program, ...args]]
    : [program, args]
  const child = spawn(command, all, { ...options, detached: true })
  const endIt = (): void => void child.kill(deathSignal)
  const forget = (): void => void atExit.delete(endIt)
  endAllAtExit()
  atExit.add(endIt)
  child.once('exit', forget)
  child.once('error', forget)
  return child
}

const atExit = new Set<() => void>()
let watchesExit = false

/** One listener for all children: Node.js warns of more than ten. */
function endAllAtExit(): void {
  if (watchesExit) return
  watchesExit = true
  process.once('exit', () => atExit.forEach((end) => end()))
}

let tie: boolean | undefined

function canTie(): boolean {
  tie ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
  return tie
}
