import { Writable } from 'node:stream'
import { closeAfter, type Scope, waitFor } from '@logpipe/testkit'
import { logctl, type LogctlContext } from './logctl.ts'

/** Keeps what is written to it. */
class Kept extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}

export interface Printed {
  code: number
  stdout: string
  stderr: string
}

export interface TestContextOptions {
  env?: LogctlContext['env']
  isTerminal?: boolean
}

/** Runs logctl in this process, as if typed, and returns what it printed; for tests. */
export function runLogctl(args: readonly string[], options: TestContextOptions = {}): Promise<Printed> {
  return new Typed(args, options).ended
}

/** Starts a command that runs until it is stopped, in this process; stopped at the end of the test at the latest. */
export function startLogctl(scope: Scope, args: readonly string[], options: TestContextOptions = {}): Typed {
  const typed = new Typed(args, options)
  closeAfter(scope, async () => void (await typed.stop()))
  return typed
}

class Typed {
  readonly ended: Promise<Printed>
  readonly #stdout = new Kept()
  readonly #stderr = new Kept()
  readonly #stop = new AbortController()

  constructor(args: readonly string[], { env = {}, isTerminal = false }: TestContextOptions) {
    const output = { stdout: this.#stdout, stderr: this.#stderr, isTerminal }
    this.ended = logctl(args, { output, env, stackFile: '/nonexistent/stack.json', signal: this.#stop.signal }).then(
      (code) => ({ code, stdout: this.#stdout.text, stderr: this.#stderr.text }),
    )
  }

  stdout(): string {
    return this.#stdout.text
  }

  async stdoutShows(text: string): Promise<void> {
    await this.#shows(this.#stdout, text)
  }

  async stderrShows(text: string): Promise<void> {
    await this.#shows(this.#stderr, text)
  }

  async #shows(kept: Kept, text: string): Promise<void> {
    const look = (): boolean => {
      if (kept.text.includes(text)) return true
      throw new Error(`stdout: ${this.#stdout.text}; stderr: ${this.#stderr.text}`)
    }
    await waitFor(look, { what: `logctl to print ${text}` })
  }

  /** What Ctrl-C does. */
  stop(): Promise<Printed> {
    this.#stop.abort()
    return this.ended
  }
}
