import { spawn, spawnSync } from 'node:child_process'
import { LogpipeError } from '@logpipe/runtime'

export interface ProgramOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  signal: AbortSignal
  /** Called for each line of its standard output. */
  onLine?: (line: string) => void
}

const keptBytes = 65_536

/** Whether a program of this name is on PATH. */
export function isOnPath(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0
}

/**
 * Runs a program to its end, quietly. Resolves with what it printed last, both streams, and its exit code.
 * Rejects with `program_missing` where it cannot be started and with `aborted` when `signal` ends it.
 */
export function runProgram(
  program: string,
  args: string[],
  options: ProgramOptions,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const { cwd, env, signal, onLine } = options
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    })
    let output = ''
    let partial = ''
    const keep = (text: string): void => {
      output = (output + text).slice(-keptBytes)
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      keep(text)
      const lines = (partial + text).split('\n')
      partial = lines.pop() ?? ''
      if (onLine) for (const line of lines) onLine(line)
    })
    child.stderr.setEncoding('utf8').on('data', keep)
    child.once('error', (cause) => {
      reject(
        signal.aborted
          ? new LogpipeError('aborted', `${program} was stopped before it finished.`, { cause })
          : new LogpipeError('program_missing', `${program} could not be started: ${cause.message}.`, { cause }),
      )
    })
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
