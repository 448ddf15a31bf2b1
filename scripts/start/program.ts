import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LogpipeError, sleep } from '@logpipe/runtime'
import { checkout, spawnTied } from '@logpipe/stack'

const pollMs = 200
const probeMs = 2_000

/** One of our programs, run beside the stack with its log in a file. */
export class Program {
  readonly name: string
  readonly logFile: string
  /** Resolves when it has ended, asked to or not. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess

  constructor(name: 'logagent' | 'logtransfer', settingsFile: string, logFile: string) {
    this.name = name
    this.logFile = logFile
    mkdirSync(dirname(logFile), { recursive: true })
    // One run, one log: what an earlier run logged is of no use to this one's reader.
    const log = openSync(logFile, 'w')
    const program = join(checkout, 'bin', name)
    this.#child = spawnTied(program, ['run', '--config', settingsFile], {
      stdio: ['ignore', log, log],
      deathSignal: 'SIGTERM',
    })
    closeSync(log)
    this.ended = once(this.#child, 'exit').then(() => {})
  }

  /** Resolves when `GET <address>/readyz` answers with 200. Rejects when it ends before that, or at the deadline. */
  async untilReady(address: string, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + deadlineMs
    while (!(await isReady(address, AbortSignal.any([signal, AbortSignal.timeout(probeMs)])))) {
      if (this.#hasEnded()) throw this.failure('ended before it was ready')
      if (performance.now() > deadline) throw this.failure(`was not ready within ${deadlineMs / 1000} s`)
      await sleep(pollMs, signal)
    }
  }

  /** Asks it to end and resolves when it has; kills it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (this.#hasEnded()) return
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    this.#child.kill('SIGTERM')
    await this.ended
    clearTimeout(timer)
  }

  /** An error that says what happened to it and how its log ends. */
  failure(what: string): LogpipeError {
    const tail = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
    return new LogpipeError('server_not_ready', `${this.name} ${what}. The end of its log (${this.logFile}):\n${tail}`)
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}

async function isReady(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${address}/readyz`, { signal, headers: { connection: 'close' } })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
