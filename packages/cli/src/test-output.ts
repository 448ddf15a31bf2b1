import { type KeptText, keptOutput } from '@logpipe/runtime/terminal'
import { closeAfter, type Scope, waitFor } from '@logpipe/testkit'
import { logctl, type LogctlContext } from './logctl.ts'

export interface Printed {
  code: number
  stdout: string
  stderr: string
}

export interface TestContextOptions {
  env?: LogctlContext['env']
  isTerminal?: boolean
  /** What a person types when asked; absent where nobody is there. */
  answer?: string
  /** The person who is asked, in place of `answer`. */
  ask?: LogctlContext['ask']
  /** What stands in stdin. */
  stdin?: string
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
  readonly #stdout: KeptText
  readonly #stderr: KeptText
  readonly #stop = new AbortController()
  #hasEnded = false

  constructor(args: readonly string[], { env = {}, isTerminal = false, answer, ask, stdin = '' }: TestContextOptions) {
    const { output, stdout, stderr } = keptOutput(isTerminal)
    this.#stdout = stdout
    this.#stderr = stderr
    const readStdin = async (): Promise<string> => stdin
    const stackFile = '/nonexistent/stack.json'
    const context: LogctlContext = { output, env, stackFile, signal: this.#stop.signal, readStdin }
    if (ask !== undefined) context.ask = ask
    else if (answer !== undefined) {
      context.ask = async (question) => {
        this.#stderr.text += question
        return answer
      }
    }
    this.ended = logctl(args, context).then((code) => {
      this.#hasEnded = true
      return { code, stdout: this.#stdout.text, stderr: this.#stderr.text }
    })
  }

  /** Waits until stdout shows `text`, doing `meanwhile` again and again. */
  async stdoutShows(text: string, meanwhile = async (): Promise<unknown> => undefined): Promise<void> {
    await this.#shows(this.#stdout, text, meanwhile)
  }

  async stderrShows(text: string): Promise<void> {
    await this.#shows(this.#stderr, text, async () => undefined)
  }

  async #shows(kept: KeptText, text: string, meanwhile: () => Promise<unknown>): Promise<void> {
    const printed = (): string => `stdout: ${this.#stdout.text}; stderr: ${this.#stderr.text}`
    const look = async (): Promise<'shown' | 'ended'> => {
      if (kept.text.includes(text)) return 'shown'
      if (this.#hasEnded) return 'ended'
      await meanwhile()
      throw new Error(printed())
    }
    const outcome = await waitFor(look, { what: `logctl to print ${text}`, everyMs: 100 })
    if (outcome === 'ended') throw new Error(`logctl ended before it printed ${text}. ${printed()}`)
  }

  /** What Ctrl-C does. */
  stop(): Promise<Printed> {
    this.#stop.abort()
    return this.ended
  }
}
