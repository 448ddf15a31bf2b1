import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { LogpipeError, sleep } from '@logpipe/runtime'
import { isPortFree } from './ports.ts'
import { sendSignal } from './processes.ts'
import type { ServerRecord } from './state.ts'
import { spawnTied } from './tied-process.ts'

/** How one server is run: made by kafka.ts, etcd.ts and elasticsearch.ts. */
export interface ServerPlan {
  name: string
  program: string
  args: string[]
  env: NodeJS.ProcessEnv
  cwd: string
  logFile: string
  ports: { port: number; use: string }[]
  /** Asks the server once whether it serves. May reject as long as it does not. */
  isReady(signal: AbortSignal): Promise<boolean>
}

/** A running server of a stack, as tests break and mend it. */
export interface ServerHandle {
  readonly name: string
  /** Changes with every start. 0 while it does not run. */
  readonly pid: number
  /** Sends a signal, SIGKILL by default, and resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same ports and data; resolves when it answers. Does nothing where it runs. */
  start(): Promise<void>
  /** Freezes the process: its connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** The last lines it logged. */
  logTail(lines?: number): string
}

export interface ServerOptions {
  /** False: the server ends when this process does, however that ends. True: it lives on. */
  outlivesUs: boolean
  readyMs: number
  signal: AbortSignal
  /** Called as soon as the process exists. */
  onPid: (record: ServerRecord) => void
}

const pollMs = 100
const probeMs = 2_000
const exitMs = 30_000
const largestLogBytes = 8 * 1024 * 1024

export class Server implements ServerHandle {
  readonly #plan: ServerPlan
  readonly #options: ServerOptions
  #child: ChildProcess | undefined

  constructor(plan: ServerPlan, options: ServerOptions) {
    this.#plan = plan
    this.#options = options
  }

  get name(): string {
    return this.#plan.name
  }

  get logFile(): string {
    return this.#plan.logFile
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async start(): Promise<void> {
    if (this.#child) return
    for (const { port, use } of this.#plan.ports) {
      if (!(await isPortFree(port))) throw portTaken(this.name, port, use)
    }
    const child = this.#spawn()
    try {
      await once(child, 'spawn')
    } catch (cause) {
      throw new LogpipeError('program_missing', `${this.name} could not be started with ${this.#plan.program}.`, {
        cause,
      })
    }
    this.#options.onPid({ name: this.name, pid: this.pid, log: this.logFile })
    if (this.#options.outlivesUs) child.unref()
    await this.#untilReady(child)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child) return
    const gone = once(child, 'exit', { signal: AbortSignal.timeout(exitMs) })
    child.kill(signal)
    // A paused process acts on no other signal than SIGKILL.
    child.kill('SIGCONT')
    try {
      await gone
    } catch (cause) {
      throw new LogpipeError('deadline_exceeded', `${this.name} did not end within ${exitMs / 1000} s of ${signal}.`, {
        cause,
      })
    }
  }

  /** Asks it to end, and kills it after `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), graceMs)
    try {
      await this.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL')
    } finally {
      clearTimeout(timer)
    }
  }

  pause(): void {
    if (this.pid) sendSignal(this.pid, 'SIGSTOP')
  }

  resume(): void {
    if (this.pid) sendSignal(this.pid, 'SIGCONT')
  }

  logTail(lines = 20): string {
    try {
      return readFileSync(this.#plan.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
    } catch {
      return ''
    }
  }

  #spawn(): ChildProcess {
    const { program, args, cwd, env, logFile } = this.#plan
    const log = openLog(logFile)
    const options = { cwd, env, stdio: ['ignore' as const, log, log] }
    const child = this.#options.outlivesUs
      ? spawn(program, args, { ...options, detached: true })
      : spawnTied(program, args, { ...options, deathSignal: 'SIGKILL' })
    closeSync(log)
    this.#child = child
    const forget = (): void => {
      if (this.#child === child) this.#child = undefined
    }
    child.once('exit', forget)
    child.once('error', forget)
    return child
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const { readyMs, signal } = this.#options
    const deadline = performance.now() + readyMs
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw this.#notReady(`ended (${child.signalCode ?? `exit code ${child.exitCode}`}) before it was ready`)
      }
      const probe = AbortSignal.any([signal, AbortSignal.timeout(probeMs)])
      if (await this.#plan.isReady(probe).catch(() => false)) return
      if (performance.now() > deadline) {
        const error = this.#notReady(`did not answer within ${readyMs / 1000} s`)
        await this.kill()
        throw error
      }
      await sleep(pollMs, signal)
    }
  }

  #notReady(what: string): LogpipeError {
    return new LogpipeError(
      'server_not_ready',
      `${this.name} ${what}. The end of its log (${this.#plan.logFile}):\n${this.logTail()}`,
    )
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > largestLogBytes) renameSync(path, `${path}.1`)
  return openSync(path, 'a')
}

function portTaken(name: string, port: number, use: string): LogpipeError {
  return new LogpipeError(
    'port_taken',
    `${name} cannot start: port ${port} on 127.0.0.1 (${use}) is taken by another program. ` +
      `End that program (ss -ltnp 'sport = :${port}' names it), or choose other ports (npm start -- --help and npm run stack -- --help tell how).`,
  )
}
