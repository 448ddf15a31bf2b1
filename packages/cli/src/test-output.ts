import { Writable } from 'node:stream'
import type { LogctlContext } from './logctl.ts'
import { logctl } from './logctl.ts'

/** Keeps what is written to it; for tests. */
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

/** Runs logctl in this process, as if typed, and returns what it printed; for tests. */
export async function runLogctl(
  args: readonly string[],
  context: Partial<Omit<LogctlContext, 'output'>> & { isTerminal?: boolean } = {},
): Promise<Printed> {
  const {
    isTerminal = false,
    env = {},
    stackFile = '/nonexistent/stack.json',
    signal = new AbortController().signal,
  } = context
  const stdout = new Kept()
  const stderr = new Kept()
  const code = await logctl(args, { output: { stdout, stderr, isTerminal }, env, stackFile, signal })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
