import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { spawnTied } from '@logpipe/stack'
import type { Scope } from '../lib/scope.ts'

/** Simulated agents are spread over processes of so many. */
const perProcess = 250
const stopMs = 30_000

/** A process of simulated agents. */
export interface SimulatedProcess {
  /** Ends it in order; resolves to what it printed. Twice is as good as once. */
  stop(): Promise<string>
}

/** Starts processes for so many agents: `program` (a file beside this one) gets `args`, the first number and how many there are. They end with the scope. */
export function startProcesses(
  scope: Scope,
  program: string,
  args: readonly string[],
  agents: number,
): SimulatedProcess[] {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const processes: SimulatedProcess[] = []
  for (let first = 0; first < agents; first += perProcess) {
    const count = Math.min(perProcess, agents - first)
    const all = ['--conditions=logpipe-source', path, ...args, String(first), String(count)]
    const child = spawnTied(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'], deathSignal: 'SIGKILL' })
    const printed: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => void printed.push(chunk))
    const ended = once(child, 'close')
    const stop = async (): Promise<string> => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
      await ended
      clearTimeout(timer)
      return Buffer.concat(printed).toString('utf8')
    }
    scope.after(async () => void (await stop()))
    processes.push({ stop })
  }
  return processes
}
