import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LogpipeError } from '@logpipe/runtime'
import { spawnTied } from '@logpipe/stack'
import { closeAfter, type Scope } from './closing.ts'
import { TextTail } from './text-tail.ts'

/** The programs of a checkout. */
export type ProgramName = 'logagent' | 'logtransfer' | 'logctl'

/** How a process ended: by an exit code, or by a signal. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ProgramOptions {
  args: readonly string[]
  /** On top of this process's environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>
  cwd?: string
  /** A command that is started in the program's place and ends by turning into it: `setpriv …`, `sh -c 'ulimit …; exec "$0" "$@"'`. */
  via?: readonly string[]
}

/** How long a process may take to end after SIGTERM before it is killed and the test told so. */
const stopMs = 30_000

/**
 * One of our programs as a child process that can be killed and started again with the same arguments. Killed at the end of the
 * scope where it still runs. What it printed is kept (the last lines), over all its lives.
 */
export class Program {
  readonly name: ProgramName
  readonly #options: ProgramOptions
  readonly #output = new TextTail()
  #child: ChildProcess | undefined
  #exited: Promise<Exit> | undefined

  constructor(scope: Scope, name: ProgramName, options: ProgramOptions) {
    this.name = name
    this.#options = options
    closeAfter(scope, async () => void (await this.kill()))
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The last lines it printed, for the message of a test that fails. */
  get output(): string {
    return this.#output.text
  }

  /** Counts how often it says these words, from what is kept of its output on. */
  counted(words: string): () => number {
    return this.#output.count(words)
  }

  /** Starts it; it must not be running. Resolves when there is a process, which says nothing about its health. */
  async start(): Promise<void> {
    if (this.running) throw new LogpipeError('internal', `${this.name} runs already (pid ${this.pid}).`)
    const child = launch(this.name, this.#options)
    this.#child = child
    this.#exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#output.add(text))
    }
    await once(child, 'spawn')
  }

  /** Resolves when it has ended, by itself or not. */
  async exited(): Promise<Exit> {
    return (await this.#exited) ?? { code: null, signal: null }
  }

  /** Ends it the hard way (SIGKILL by default, no chance to tidy) and waits until it is gone. Harmless where it has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    if (this.running) this.#child?.kill(signal)
    return this.exited()
  }

  /** Sends a signal and does not wait: SIGSTOP and SIGCONT hang it and let it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Asks it to end (SIGTERM) and resolves to its exit code; rejects with its last words when it does not within 30 s. */
  async stop(): Promise<number | null> {
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), stopMs)
    try {
      const { code, signal } = await this.kill('SIGTERM')
      if (signal === 'SIGKILL') {
        throw new LogpipeError(
          'deadline_exceeded',
          `${this.name} did not end within ${stopMs / 1000} s.\n${this.output}`,
        )
      }
      return code
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What a program that ran to its end printed. */
export interface Ran extends Exit {
  stdout: string
  stderr: string
}

/** Runs a program to its end; rejects when it takes longer than the deadline (20 s by default), with what it printed. */
export async function runProgram(name: ProgramName, options: ProgramOptions & { deadlineMs?: number }): Promise<Ran> {
  const { deadlineMs = 20_000 } = options
  const child = launch(name, options)
  const printed = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text))
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, deadlineMs)
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    if (late) {
      const said = `${printed.stdout}${printed.stderr}`
      throw new LogpipeError(
        'deadline_exceeded',
        `${name} did not end within ${deadlineMs / 1000} s. It printed:\n${said}`,
      )
    }
    return { code, signal, ...printed }
  } finally {
    clearTimeout(timer)
  }
}

/** It ends when this process does, however that ends: a test that is killed leaves none behind. */
function launch(name: ProgramName, { args, env, cwd, via = [] }: ProgramOptions): ChildProcess {
  const [command = '', ...rest] = [...via, programPath(name), ...args]
  return spawnTied(command, rest, {
    ...(cwd !== undefined && { cwd }),
    env: childEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    deathSignal: 'SIGKILL',
  })
}

function programPath(name: ProgramName): string {
  return fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url))
}

function childEnvironment(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  // Set by node:test for its own children; settings of whoever runs the tests must not leak into programs under test.
  const own = /^(NODE_TEST_CONTEXT|LOGAGENT_.*|LOGTRANSFER_.*|LOGCTL_.*)$/
  const inherited = Object.entries(process.env).filter(([name]) => !own.test(name))
  return { ...Object.fromEntries(inherited), ...changes }
}
